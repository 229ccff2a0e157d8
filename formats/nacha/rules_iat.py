"""The rules about international entries: header, the seven addenda 10 to 16, and what may follow them."""

import polars as pl

from formats.problems import WARNING
from formats.rules import Rule

_C = pl.col
_IAT = (_C("sec") == "IAT") | (_C("company_name") == "IATCOR")
_TYPE = _C("type_code")
_BEFORE = _C("previous_type").fill_null("")
# What must stand in each of the seven, by kind (R26: a mandatory field is blank).
_MANDATORY = {
    "10": {"iat_type": 4, "name": 47},
    "11": {"name": 4, "street": 39},
    "12": {"city_state": 4, "country_postal": 39},
    "13": {"name": 4, "id_qualifier": 39, "party_id": 41, "country": 75},
    "14": {"name": 4, "id_qualifier": 39, "party_id": 41, "country": 75},
    "15": {"street": 19},
    "16": {"city_state": 4, "country_postal": 39},
    "17": {"payment_text": 4},
    "18": {"name": 4, "id_qualifier": 39, "party_id": 41, "country": 75},
}


def _not(name: str, pattern: str) -> pl.Expr:
    return _IAT & ~_C(name).fill_null("").str.contains(pattern)


IAT_BATCH_RULES: list[Rule] = [
    Rule(
        "nacha.batch.iat_exchange",
        _not("exchange_indicator", r"^(FV|VF|FF)$"),
        21,
        "the foreign exchange indicator must be FV, VF or FF",
    ),
    Rule(
        "nacha.batch.iat_reference",
        _not("exchange_reference_indicator", r"^[123]$"),
        23,
        "the foreign exchange reference indicator must be 1, 2 or 3",
        severity=WARNING,
    ),
    Rule(
        "nacha.batch.iat_country",
        _not("destination_country", r"^[A-Z]{2}$"),
        39,
        "the destination country must be a two-letter ISO code",
    ),
    Rule(
        "nacha.batch.iat_originating_currency",
        _not("originating_currency", r"^[A-Z]{3}$"),
        64,
        "the originating currency must be a three-letter ISO code",
    ),
    Rule(
        "nacha.batch.iat_destination_currency",
        _not("destination_currency", r"^[A-Z]{3}$"),
        67,
        "the destination currency must be a three-letter ISO code",
    ),
]

# Each of 10 to 16 stands once and right behind the one before; a notice may leave them all out.
_OUT_OF_CHAIN = (
    pl.when(_TYPE == "10")
    .then(_BEFORE != "")
    .when(_TYPE.is_between(pl.lit("11"), pl.lit("16")))
    .then((_TYPE.cast(pl.Int64, strict=False) - 1).cast(pl.String) != _BEFORE)
    .when(_TYPE == "17")
    .then(~_BEFORE.is_in(["16", "17"]))
    .when(_TYPE == "18")
    .then(~_BEFORE.is_in(["16", "17", "18"]))
    .when(_TYPE == "99")
    .then(_BEFORE != "16")
    .when(_TYPE == "98")
    .then(~_BEFORE.is_in(["", "16"]))
    .otherwise(pl.lit(value=False))
)

IAT_ADDENDA_RULES: list[Rule] = [
    Rule(
        "nacha.addenda.iat_order",
        _OUT_OF_CHAIN,
        2,
        pl.format("addenda {} of an international entry does not stand where it must", "type_code"),
        "10 to 16 once each and in order, then at most two 17 and five 18; a return has its 99 behind 16",
    ),
    Rule(
        "nacha.addenda.iat_max",
        ((_TYPE == "17") & (_C("place") > 2)) | ((_TYPE == "18") & (_C("place") > 5)),
        2,
        pl.format("too many addenda {} for one international entry", "type_code"),
        "at most two 17 and five 18",
    ),
    Rule(
        "nacha.addenda.iat_dispute",
        _C("kind").is_in(["98R", "99D", "99C"]),
        4,
        "an international notice can't be refused, an international return not be dishonored or contested",
    ),
]

# One for each field that may not be blank, all under one id.
IAT_BLANK_RULES: list[Rule] = [
    Rule(
        "nacha.addenda.iat_blank",
        (_C("kind") == kind) & (_C(name).fill_null("").str.strip_chars(" ") == ""),
        column,
        f"the {name.replace('_', ' ')} of addenda {kind} is blank",
    )
    for kind, names in _MANDATORY.items()
    for name, column in names.items()
]
