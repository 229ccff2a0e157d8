"""What only a writer must refuse, and how a refusal is put into words without showing an account number."""

import polars as pl

from formats.errors import FormatError
from formats.nacha.codes import CHANGE_CODES, RETURN_CODES, SEC_CODES, hinted
from formats.nacha.fields import Layout
from formats.nacha.layouts import (
    BATCH_CONTROL,
    BATCH_CONTROL_OF,
    BATCH_HEADER,
    BATCH_HEADER_OF,
    ENTRY,
    FILE_HEADER,
    family_of_batch,
)
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND, addenda_key
from formats.nacha.masking import masked_value
from formats.nacha.schema import Nacha
from formats.problems import ERROR
from formats.rules import Rule, broken, together

_C = pl.col
WRITTEN_KINDS = ("05", "10", "11", "12", "13", "14", "15", "16", "17", "18", "98", "98R", "99", "99D", "99C")
# Columns that say where a record stands or what it is, and are written in no field of their own.
_POSITION = ("file", "addendum", "entry", "batch", "sec", "line", "control_line", "type_code", "kind")


def writing_problems(whole: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Report what may be read but is never written; `entries` are those of `entries_with_facts`."""
    lines = [frame for frame in (whole.file, whole.batches) if not frame.is_empty()]
    if not lines:
        raise FormatError("nacha.write.empty: there is no file to write", hint="give a file frame of one row")
    unwritten = whole.batches.join(SEC_CODES.select("sec", "written"), on="sec", how="left", maintain_order="left")
    return together(
        [
            broken(unwritten, WRITING_BATCH_RULES),
            broken(entries, WRITING_ENTRY_RULES),
            broken(_again(entries), [AGAIN]),
            broken(whole.addenda, WRITING_ADDENDA_RULES),
            _foreign(whole),
        ]
    )


WRITING_BATCH_RULES = [
    Rule(
        "nacha.write.sec",
        ~_C("written").fill_null(value=True),
        51,
        "this SEC code is read and reported, not written",
    ),
    Rule(
        "nacha.write.gateway_status",
        (_C("originator_status") == "0") & ((_C("sec") == "IAT") | (_C("company_name") == "IATCOR")),
        79,
        "the originator status 0 is for ADV; in an international batch it is read, not written",
    ),
    Rule(
        "nacha.write.batch_total",
        (pl.max_horizontal("control_debit_cents", "control_credit_cents") > 999_999_999_999) & (_C("sec") != "ADV"),
        None,
        "the batch's debits or credits pass 9,999,999,999.99",
        "split the batch",
    ),
    Rule("nacha.write.batch_count", _C("control_count") > 999_999, None, "more than 999,999 records in a batch"),
]
_ADV = _C("sec") == "ADV"
WRITING_ENTRY_RULES = [
    Rule(
        "nacha.write.amount",
        _C("amount_cents").is_null()
        | (_C("amount_cents") < 0)
        | (_C("amount_cents") > pl.when(_ADV).then(999_999_999_999).otherwise(9_999_999_999)),
        pl.when(_ADV).then(28).otherwise(30),
        "the amount must lie between 0 and 99,999,999.99 (ADV: 9,999,999,999.99)",
    ),
    Rule("nacha.write.transaction_code", _C("transaction_code").is_null(), 2, "there is no transaction code"),
    Rule(
        "nacha.write.reject_trace",
        ~_C("good_trace") & ~_ADV,
        80,
        "the trace must be fifteen digits",
    ),
]
AGAIN = Rule("nacha.write.trace_duplicate", pl.lit(value=True), 80, "the trace number stands twice in the file")
WRITING_ADDENDA_RULES = [
    Rule(
        "nacha.write.addenda_kind",
        ~_C("kind").is_in(WRITTEN_KINDS),
        2,
        "this kind of addenda is read and reported, not written",
    ),
    Rule("nacha.write.sequence", ~_C("sequence").is_between(1, 9999), 84, "the addenda sequence must be 1 to 9,999"),
    Rule(
        "nacha.write.return_code",
        (_C("type_code") == "99") & ~_C("return_code").fill_null("").is_in(RETURN_CODES["return_code"].to_list()),
        4,
        "a return code that the standard does not assign is never written",
    ),
    Rule(
        "nacha.write.change_code",
        (_C("type_code") == "98") & ~_C("change_code").fill_null("").is_in(CHANGE_CODES["change_code"].to_list()),
        4,
        "a change code that the standard does not assign is never written",
    ),
]


def _again(entries: pl.DataFrame) -> pl.DataFrame:
    """Find the entries whose trace number was used before in the file."""
    if entries.select((_C("trace") > _C("trace").shift(1)).fill_null(value=True).all()).item():
        return entries.clear()
    # An advice of the operator has no trace.
    return entries.drop_nulls("trace_number").filter(~pl.struct("file", "trace_number").is_first_distinct())


def _foreign(whole: Nacha) -> pl.DataFrame:
    """Find values in columns that the record has no place for: they would be lost."""
    family = whole.batches.select(family_of_batch().alias("family"))["family"]
    headers = {name: BATCH_HEADER_OF.get(name, BATCH_HEADER) for name in ENTRY}
    controls = {name: BATCH_CONTROL_OF.get(name, BATCH_CONTROL) for name in ENTRY}
    key = addenda_key(pl.lit(family.gather(whole.addenda["batch"])))
    # The usual file has one family; then it is not repeated for every entry.
    of_entry = family.gather(whole.entries["batch"]) if family.n_unique() > 1 else family
    return together(
        [
            *_lost(whole.batches, family, {name: headers[name] + controls[name] for name in ENTRY}, "batch header"),
            *_lost(whole.entries, of_entry, ENTRY, "entry"),
            *_lost(whole.addenda, whole.addenda.select(key.alias("key"))["key"], ADDENDA_BY_KIND, "addenda"),
        ]
    )


def _lost(frame: pl.DataFrame, keys: pl.Series, layouts: dict[str, Layout], record: str) -> list[pl.DataFrame]:
    found = []
    filled = [name for name in frame.columns if name not in _POSITION and frame[name].null_count() < frame.height]
    names = keys.unique()
    for key in names:
        known = {field.name for field in layouts.get(key, ())}
        lost = [name for name in filled if name not in known]
        if lost:
            part = frame.filter(keys == key) if len(names) > 1 else frame
            found.append(broken(part, [_no_place(f"{record} of {key}", name) for name in lost]))
    return found


def _no_place(record: str, name: str) -> Rule:
    long = _C(name).cast(pl.String).str.len_chars()
    words = f"the {record} has no place for {name}, which is given ({{}} characters)"
    return Rule("nacha.write.no_place", _C(name).is_not_null(), None, pl.format(words, long))


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
    errors = hinted(found.filter(_C("severity") == ERROR))
    if errors.is_empty():
        return
    rule, _, line, column, message, hint = errors.row(0)
    raise FormatError(f"{rule}: {message}", where=_place(whole, line, column), hint=hint)


def _place(whole: Nacha, line: int | None, column: int | None) -> str:
    if line is None:
        return "the whole file"
    family = whole.batches.select(family_of_batch().alias("family"))["family"]
    row = whole.entries.filter(_C("line") == line)
    if row.height:
        return f"line {line}, entry" + _value(row, ENTRY[family[row["batch"][0]]], column)
    row = whole.addenda.filter(_C("line") == line)
    if row.height:
        key = row.select(addenda_key(pl.lit(family[row["batch"][0]])).alias("key"))["key"][0]
        return f"line {line}, addenda" + _value(row, ADDENDA_BY_KIND.get(key, ()), column)
    row = whole.batches.filter(_C("line") == line)
    if row.height:
        layout = BATCH_HEADER_OF.get(family[row["batch"][0]], BATCH_HEADER)
        return f"line {line}, batch header" + _value(row, layout, column)
    row = whole.file.filter(_C("line") == line)
    if row.height:
        return f"line {line}, file header" + _value(row, FILE_HEADER, column)
    return f"line {line}, control record"


def _value(row: pl.DataFrame, layout: Layout, column: int | None) -> str:
    for field in layout:
        if column is not None and field.start <= column <= field.end:
            shown = masked_value(field.name, row[field.name][0])
            return f", columns {field.start}-{field.end}, {field.name} {shown}"
    return ""
