"""The rules about addenda records (R25, R27, and the codes of returns and notices)."""

import polars as pl

from formats.nacha.bytesof import is_digits
from formats.nacha.codes import CHANGE_CODES, RETURN_CODES, SEC_CODES
from formats.problems import WARNING
from formats.rules import Rule

_C = pl.col
_KNOWN_TYPES = ["02", "05", "10", "11", "12", "13", "14", "15", "16", "17", "18", "98", "99"]
_ALLOWED = SEC_CODES.select("sec", "addenda_types")


def addenda_with_facts(addenda: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Add the entry's `sec`, `entry_trace` and which of its addenda each is (`place`, from 1)."""
    at = addenda["entry"]
    out = addenda.with_columns(
        entries["sec"].gather(at).alias("sec"),
        entries["trace_number"].gather(at).alias("entry_trace"),
        entries["is_iat"].gather(at).alias("is_iat"),
    ).join(_ALLOWED, on="sec", how="left", maintain_order="left")
    return out.with_columns(
        place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("entry", "type_code"),
        previous_type=_C("type_code").shift(1).over("entry"),
    )


ADDENDA_RULES: list[Rule] = [
    Rule(
        "nacha.addenda.type",
        ~_C("type_code").is_in(_KNOWN_TYPES),
        2,
        "the addenda type code is not known",
    ),
    Rule(
        "nacha.addenda.type_for_sec",
        _C("type_code").is_in(_KNOWN_TYPES)
        & ~_C("type_code").is_in(["98", "99"])
        & ~_C("addenda_types").list.contains(_C("type_code"))
        & ~(_C("is_iat") & _C("type_code").is_between(pl.lit("10"), pl.lit("18"))),
        2,
        pl.format("addenda {} do not belong to SEC code {}", "type_code", "sec"),
    ),
    Rule(
        "nacha.addenda.order",
        _C("type_code") < _C("previous_type"),
        2,
        "addenda types stand in the wrong order",
    ),
    Rule(
        "nacha.addenda.sequence",
        (_C("sequence") != _C("place")) & _C("type_code").is_in(["05", "17", "18"]),
        84,
        pl.format("addenda sequence {} should be {}", "sequence", "place"),
    ),
    Rule(
        "nacha.addenda.entry_sequence",
        (_C("entry_sequence") != _C("entry_trace").str.slice(8)) & _C("entry_sequence").is_not_null(),
        88,
        "the last seven digits do not repeat the entry's trace number",
    ),
]

ANSWER_RULES: list[Rule] = [
    Rule(
        "nacha.addenda.return_code",
        (_C("type_code") == "99") & ~_C("return_code").str.contains(r"^R\d\d$"),
        4,
        "the return code is not R and two digits",
    ),
    Rule(
        "nacha.addenda.return_code_unknown",
        (_C("type_code") == "99")
        & _C("return_code").str.contains(r"^R\d\d$")
        & ~_C("return_code").is_in(RETURN_CODES["return_code"].to_list()),
        4,
        pl.format("return code {} is not one of the standard", "return_code"),
        "some banks use their own: a person must decide what it means",
        WARNING,
    ),
    Rule(
        "nacha.addenda.change_code",
        (_C("type_code") == "98") & ~_C("change_code").str.contains(r"^C\d\d$"),
        4,
        "the change code is not C and two digits",
    ),
    Rule(
        "nacha.addenda.change_code_unknown",
        (_C("type_code") == "98")
        & _C("change_code").str.contains(r"^C\d\d$")
        & ~_C("change_code").is_in(CHANGE_CODES["change_code"].to_list()),
        4,
        pl.format("change code {} is not one of the standard", "change_code"),
        "retired or a bank's own: a person must decide what it means",
        WARNING,
    ),
    Rule(
        "nacha.addenda.original_trace",
        ~is_digits(_C("original_trace"), 15) | (_C("original_trace").str.strip_chars("0") == ""),
        7,
        "the original trace number is missing or not fifteen digits",
        "match the original by routing, account, amount and day",
    ),
    Rule(
        "nacha.addenda.original_rdfi",
        ~is_digits(_C("original_rdfi"), 8),
        28,
        "the original receiving bank must be eight digits",
    ),
    Rule(
        "nacha.addenda.corrected_data",
        (_C("kind") == "98")
        & (_C("corrected_data").str.strip_chars() == "")
        & _C("change_code").is_in(CHANGE_CODES.drop_nulls("layout")["change_code"].to_list()),
        36,
        "the corrected data are blank",
        "the notice may be refused with C65; never guess",
    ),
    Rule(
        "nacha.addenda.date_of_death",
        (_C("kind") == "99") & _C("return_code").is_in(["R14", "R15"]) & _C("date_of_death").is_null(),
        22,
        "the date of death is missing",
        severity=WARNING,
    ),
    Rule(
        "nacha.addenda.trace",
        _C("trace_number") != _C("entry_trace"),
        80,
        "the addenda's trace number differs from its entry's",
        "the entry's own trace is used",
        WARNING,
    ),
]
