"""What the company entry description promises: reserved words and the entries that may stand under them.

The words are `data/descriptions.csv`. Only a description that is the word itself counts (for some also with
something behind it); free text that merely holds one is nobody's business. Answers copy the description of
what they answer, so only forward entries are judged.
"""

from typing import Any

import polars as pl

from formats.nacha.codes import DESCRIPTIONS, in_force
from formats.problems import WARNING
from formats.rules import NONE, Rule, broken, together

_C = pl.col
_ROWS = DESCRIPTIONS.rows(named=True)
_TEXT = _C("entry_description").fill_null("")
_CAPITALS = _TEXT.str.to_uppercase()
_MICRO = (_TEXT == "ACCTVERIFY") & _C("acctverify_holds")


def _is(row: dict[str, Any], text: pl.Expr) -> pl.Expr:
    word = row["description"]
    return text.str.starts_with(word) if row["match"] == "prefix" else text == word


def _holds(row: dict[str, Any]) -> pl.Expr:
    """Whether the word is reserved on the day the file was made."""
    return in_force(_C("creation_date"), row)


def _beyond_offset(side: str) -> pl.Expr:
    """Whether entries stand on the other side, but for a single one that levels the batch: an offset.

    The offset is known by its amount; its name says nothing.
    """
    other = "credit" if side == "debit" else "debit"
    level = (_C(f"{other}s") == 1) & (_C(f"{other}_cents") == _C(f"{side}_cents"))
    return (_C(f"{other}s") > 0) & ~level


def _word_rules(row: dict[str, Any]) -> list[Rule]:
    word, severity = row["description"], row["severity"]
    used = _is(row, _TEXT) & _holds(row) & _C("forward")
    rules = []
    wrong, wants = pl.lit(value=False), []
    if row["sec"]:
        wrong = wrong | (_C("sec") != row["sec"])
        wants.append(f"SEC code {row['sec']}")
    if row["side"]:
        wrong = wrong | _beyond_offset(row["side"])
        wants.append(f"{row['side']}s")
    if wants:
        rules.append(Rule(row["rule"], used & wrong, 54, f"{word} is for {' '.join(wants)} only", severity=severity))
    if row["exclusive"]:
        used_otherwise = ~_is(row, _TEXT) & ~_TEXT.str.starts_with("REVERSAL") & _holds(row) & _C("forward")
        missing = used_otherwise & (_C("sec") == row["sec"])
        words = f"the entry description of SEC code {row['sec']} must be {word}"
        rules.append(Rule(row["rule"] + "_missing", missing, 54, words, severity=severity))
    return rules


WORD_RULES: list[Rule] = [rule for row in _ROWS for rule in _word_rules(row)]
BATCH_DESCRIPTION_RULES: list[Rule] = [
    Rule(
        "nacha.batch.description_capitals",
        pl.any_horizontal(
            _is(row, _TEXT.str.to_uppercase()) & ~_is(row, _TEXT) for row in DESCRIPTIONS.rows(named=True)
        ),
        54,
        "a reserved entry description must be in capitals",
        severity=WARNING,
    ),
    *WORD_RULES,
    Rule(
        "nacha.batch.micro_total",
        _MICRO & _C("forward") & (_C("debit_cents") > _C("credit_cents")),
        54,
        "the debits of micro-entries pass their credits",
    ),
]
ENTRY_DESCRIPTION_RULES: list[Rule] = [
    Rule(
        "nacha.entry.micro_amount",
        _MICRO & (_C("direction") == "credit") & (_C("amount_cents") >= 100) & (_C("kinds") == "forward"),
        30,
        "a credit of micro-entries must be under one dollar",
    ),
    Rule(
        "nacha.entry.reversal_prenote",
        _C("is_reversal") & _C("use").is_in(["prenote", "zero"]) & (_C("kinds") == "forward"),
        2,
        "a reversal moves money back; a prenote or zero-dollar entry has none to reverse",
    ),
]


def description_problems(batches: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Report descriptions that do not fit their entries (`entries_with_facts`).

    `batches` has `creation_date` besides its own columns.
    """
    concerned = batches.filter(_CONCERNED)
    if concerned.is_empty():
        return NONE
    concerned = concerned.with_columns(acctverify_holds=_ACCTVERIFY_HOLDS)
    theirs = entries.join(
        concerned.select("batch", "entry_description", "acctverify_holds"),
        on="batch",
        how="inner",
        maintain_order="left",
    )
    debit, credit = _C("direction") == "debit", _C("direction") == "credit"
    sums = theirs.group_by("batch").agg(
        forward=(_C("kinds") == "forward").any(),
        debits=debit.sum(),
        credits=credit.sum(),
        debit_cents=_C("amount_cents").filter(debit).sum(),
        credit_cents=_C("amount_cents").filter(credit).sum(),
    )
    known = concerned.join(sums, on="batch", how="left", maintain_order="left").with_columns(
        _C("forward").fill_null(value=False), _C("debits", "credits", "debit_cents", "credit_cents").fill_null(0)
    )
    return together([broken(known, BATCH_DESCRIPTION_RULES), broken(theirs, ENTRY_DESCRIPTION_RULES)])


_CONCERNED = pl.any_horizontal(_is(row, _CAPITALS) for row in _ROWS) | _C("sec").is_in(
    [row["sec"] for row in _ROWS if row["exclusive"]]
)
_ACCTVERIFY_HOLDS = next(_holds(row) for row in _ROWS if row["description"] == "ACCTVERIFY")
