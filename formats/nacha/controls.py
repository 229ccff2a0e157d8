"""The recount: what the control records say against what the records are."""

import polars as pl

from formats.nacha.enrich import recount_batches, recount_files
from formats.nacha.rules_entry import DUPLICATE_TRACE
from formats.nacha.schema import Nacha
from formats.problems import WARNING
from formats.rules import Rule, broken, together

_C = pl.col
_BATCH = {"count": 5, "hash": 11, "debit_cents": 21, "credit_cents": 33}
_FILE = {"batches": 2, "count": 14, "hash": 22, "debit_cents": 32, "credit_cents": 44}


def control_problems(nacha: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Report controls that disagree with the recount; `entries` are those of `entries_with_facts`."""
    counted = recount_batches(nacha, entries)
    at_control = _C("control_line").alias("line")
    batches = nacha.batches.with_columns(at_control, *(counted[name] for name in _BATCH))
    totals = recount_files(nacha, counted)
    files = nacha.file.with_columns(at_control, totals["blocks"], *(totals[name] for name in _FILE))
    return together(
        [
            broken(_present(batches), _BATCH_RULES),
            broken(_present(files), _FILE_RULES),
            _duplicates(entries),
        ]
    )


def _present(controls: pl.DataFrame) -> pl.DataFrame:
    return controls.drop_nulls("line") if controls["line"].null_count() else controls


def _duplicates(entries: pl.DataFrame) -> pl.DataFrame:
    """Look for traces used twice; traces that rise over the whole file need no look."""
    if entries.select(((_C("trace") > _C("trace").shift(1)).fill_null(value=False)).sum() >= pl.len() - 1).item():
        return together([])
    traced = entries.filter((_C("trace_number") != "") & (_C("sec") != "ADV"))
    return broken(traced, [DUPLICATE_TRACE])


def _recounted(rule: str, record: str, name: str, column: int) -> Rule:
    told = _C(f"control_{name}")
    return Rule(
        f"{rule}.{name}",
        told.is_not_null() & (told != _C(name)),
        column,
        pl.format(f"{name} of the {record} control is {{}}, the records give {{}}", told, _C(name)),
        "the file was changed or cut after it was made: ask for it again",
    )


def _repeated(name: str, column: int, words: str) -> Rule:
    """The control repeats a field of its header; alignment by blanks alone does not matter."""
    told, said = _C(f"control_{name}"), _C(name)
    if name in ("company_id", "odfi"):
        told, said = told.str.strip_chars(" "), said.str.strip_chars(" ")
    return Rule(
        f"nacha.batch.control_{name}",
        told.is_not_null() & (told != said),
        column,
        f"{words} of the batch control differs from the header's",
    )


def _batch_rules() -> list[Rule]:
    same_id = _repeated("company_id", 45, "the company id")
    blank = _C("control_company_id").str.strip_chars(" ") == ""
    return [
        *(_recounted("nacha.batch", "batch", name, column) for name, column in _BATCH.items()),
        _repeated("service_class", 2, "the service class"),
        Rule(same_id.rule, same_id.when & (_C("sec") != "ADV") & ~blank, same_id.column, same_id.message),
        Rule(
            "nacha.batch.control_company_id_blank",
            blank & (_C("sec") != "ADV"),
            45,
            "the batch control does not repeat the company id",
            severity=WARNING,
        ),
        _repeated("odfi", 80, "the ODFI"),
        _repeated("batch_number", 88, "the batch number"),
    ]


def _file_rules() -> list[Rule]:
    return [
        *(_recounted("nacha.file", "file", name, column) for name, column in _FILE.items()),
        Rule(
            "nacha.file.blocks",
            _C("control_blocks").is_not_null() & (_C("control_blocks") != _C("blocks")),
            8,
            pl.format("the file control counts {} blocks, the records fill {}", "control_blocks", "blocks"),
            severity=WARNING,
        ),
    ]


_BATCH_RULES, _FILE_RULES = _batch_rules(), _file_rules()
