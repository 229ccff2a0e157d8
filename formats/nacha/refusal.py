"""What only a writer must refuse, and how a refusal is put into words without showing an account number."""

import polars as pl

from formats.errors import FormatError
from formats.nacha.bytesof import is_digits
from formats.nacha.fields import Layout
from formats.nacha.layouts import (
    BATCH_HEADER,
    ENTRY,
    FAMILY_OF_SEC,
    FILE_HEADER,
)
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND
from formats.nacha.masking import masked_value
from formats.nacha.schema import Nacha
from formats.problems import ERROR
from formats.rules import Rule, broken, together

_C = pl.col
WRITTEN_KINDS = ("05", "98", "98R", "99", "99D", "99C")
_POSITION = ("addendum", "entry", "batch", "line", "type_code", "kind")


def writing_problems(whole: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Report what may be read but is never written; `entries` are those of `entries_with_facts`."""
    lines = [frame for frame in (whole.file, whole.batches) if not frame.is_empty()]
    if not lines:
        raise FormatError("nacha.write.empty: there is no file to write", hint="give a file frame of one row")
    batches = entries.lazy().group_by("batch").agg(_C("written").first()).collect()
    unwritten = whole.batches.join(batches, on="batch", how="left", maintain_order="left")
    return together(
        [
            broken(unwritten, [_UNWRITTEN, *_SIZES_BATCH]),
            broken(entries, _ENTRY_RULES),
            broken(_again(entries), [_AGAIN]),
            broken(whole.addenda, _ADDENDA_RULES),
            _foreign(whole.addenda),
        ]
    )


_UNWRITTEN = Rule(
    "nacha.write.sec",
    ~_C("written").fill_null(value=True),
    51,
    "this SEC code is read and reported, not written",
)
_SIZES_BATCH = [
    Rule(
        "nacha.write.batch_total",
        pl.max_horizontal("control_debit_cents", "control_credit_cents") > 999_999_999_999,
        None,
        "the batch's debits or credits pass 9,999,999,999.99",
        "split the batch",
    ),
    Rule("nacha.write.batch_count", _C("control_count") > 999_999, None, "more than 999,999 records in a batch"),
]
_ENTRY_RULES = [
    Rule(
        "nacha.write.amount",
        _C("amount_cents").is_null() | ~_C("amount_cents").is_between(0, 9_999_999_999),
        30,
        "the amount must lie between 0 and 99,999,999.99",
    ),
    Rule("nacha.write.transaction_code", _C("transaction_code").is_null(), 2, "there is no transaction code"),
    Rule("nacha.write.reject_trace", ~is_digits(_C("trace_number"), 15), 80, "the trace must be fifteen digits"),
    Rule(
        "nacha.write.addenda_count",
        _C("addenda_count").is_not_null() & ~_C("sec").is_in(["CTX", "ENR", "TRX", "ATX"]),
        55,
        "this SEC code has no addenda count in its entries",
    ),
]
_AGAIN = Rule("nacha.write.trace_duplicate", pl.lit(value=True), 80, "the trace number stands twice in the file")
_ADDENDA_RULES = [
    Rule(
        "nacha.write.addenda_kind",
        ~_C("kind").is_in(WRITTEN_KINDS),
        2,
        "this kind of addenda is read and reported, not written",
    ),
    Rule("nacha.write.sequence", ~_C("sequence").is_between(1, 9999), 84, "the addenda sequence must be 1 to 9,999"),
]


def _again(entries: pl.DataFrame) -> pl.DataFrame:
    """Find the entries whose trace number was used before in the file."""
    trace = _C("trace_number").cast(pl.Int64, strict=False)
    if entries.select((trace > trace.shift(1)).fill_null(value=True).all()).item():
        return entries.clear()
    return entries.filter(~pl.struct("file", "trace_number").is_first_distinct())


def _foreign(addenda: pl.DataFrame) -> pl.DataFrame:
    """Find values in columns that the record of this kind has no place for: they would be lost."""
    found = []
    for key, part in addenda.group_by("kind", maintain_order=True):
        layout = ADDENDA_BY_KIND.get(str(key[0]), ())
        known = {field.name for field in layout} | set(_POSITION)
        rules = [
            Rule(
                "nacha.write.no_place",
                _C(name).is_not_null(),
                None,
                f"an addenda {key[0]} has no place for {name}",
            )
            for name in part.columns
            if name not in known
        ]
        found.append(broken(part, rules))
    return together(found)


def fitting_rules(layout: Layout) -> list[Rule]:
    """Find the field whose value is too long or not plain ASCII, once a record is known not to fit."""
    rules = []
    for field in layout:
        value = _C(field.name)
        match field.kind:
            case "fixed" | "date":
                continue
            case "int":
                wrong = value.is_null() | ~value.is_between(0, 10**field.width - 1)
            case _:
                wrong = (value.str.len_bytes() > field.width) | value.str.contains(r"[^\x20-\x7E]")
        words = f"{field.name.removeprefix('control_')} does not fit its {field.width} columns in plain ASCII"
        rules.append(Rule("nacha.field.too_long", wrong, field.start, words, "nothing is cut off on writing"))
    return rules


def refuse(whole: Nacha, found: pl.DataFrame) -> None:
    """Raise the first error of `found` as a FormatError with record, columns, field and masked value."""
    errors = found.filter(_C("severity") == ERROR)
    if errors.is_empty():
        return
    rule, _, line, column, message, hint = errors.row(0)
    raise FormatError(f"{rule}: {message}", where=_place(whole, line, column), hint=hint)


def _place(whole: Nacha, line: int | None, column: int | None) -> str:
    if line is None:
        return "the whole file"
    for record, frame, layouts in (
        ("entry", whole.entries, ENTRY),
        ("addenda", whole.addenda, ADDENDA_BY_KIND),
        ("batch header", whole.batches, {"": BATCH_HEADER}),
        ("file header", whole.file, {"": FILE_HEADER}),
    ):
        row = frame.filter(_C("line") == line)
        if row.is_empty():
            continue
        key = FAMILY_OF_SEC.get(row["sec"][0], "standard") if record == "entry" else ""
        key = row["kind"][0] if record == "addenda" else key
        return f"line {line}, {record}" + _value(row, layouts.get(key, ()), column)
    return f"line {line}, control record"


def _value(row: pl.DataFrame, layout: Layout, column: int | None) -> str:
    for field in layout:
        if field.start == column:
            shown = masked_value(field.name, row[field.name][0])
            return f", columns {field.start}-{field.end}, {field.name} {shown}"
    return ""
