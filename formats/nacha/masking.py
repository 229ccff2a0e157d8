"""What may be shown of a file: accounts and identifications by their last four, personal text not at all."""

import polars as pl

from formats.nacha.schema import Nacha

# Identifications may be a social security number; corrected data hold accounts, payment text anything.
LAST_FOUR = ("account", "individual_id", "card_account")
LAST_FOUR_OF_ADDENDA = ("party_id",)
HIDDEN_OF_ENTRY = ("card_expiry", "item_research")
HIDDEN = (
    "corrected_data",
    "payment_text",
    "addenda_information",
    "raw",
    "reference_1",
    "authorization",
    "street",
    "city_state",
    "country_postal",
)
_BY_LAST_FOUR = (*LAST_FOUR, *LAST_FOUR_OF_ADDENDA)
_PERSONAL = (*_BY_LAST_FOUR, *HIDDEN, *HIDDEN_OF_ENTRY, "name")


def masked(nacha: Nacha) -> Nacha:
    """Give the frames for display: accounts and ids as ``****1234``, free text and corrected data as ``****``."""
    return Nacha(
        nacha.file,
        nacha.batches,
        nacha.entries.with_columns(
            *(last_four(name) for name in LAST_FOUR), *(_hidden(name) for name in HIDDEN_OF_ENTRY)
        ),
        nacha.addenda.with_columns(
            *(last_four(name) for name in LAST_FOUR_OF_ADDENDA), *(_hidden(name) for name in HIDDEN)
        ),
        nacha.problems,
    )


def _hidden(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.lit("****")).otherwise(name).alias(name)


def last_four(name: str) -> pl.Expr:
    """Mask a text column down to its last four characters; four or fewer are hidden whole."""
    value = pl.col(name).str.strip_chars(" ")
    tail = pl.when(value.str.len_chars() > 4).then(value.str.slice(-4)).otherwise(pl.lit(""))
    return pl.when(value == "").then(value).otherwise(pl.lit("****") + tail).alias(name)


def masked_value(name: str, value: object) -> str:
    """Put one field's value into an error text: as it is, or masked when it is about a person."""
    if value is None:
        return "(missing)"
    text = str(value)
    if name not in _PERSONAL:
        return f"{text[:20]!r}"
    if name not in _BY_LAST_FOUR:
        return f"({len(text)} characters, not shown)"
    return "****" + (text[-4:] if len(text) > 8 else "")
