"""Change notices: taking the new values out of Corrected Data by the layout of each code."""

import polars as pl

from formats.nacha.bytesof import check_digits, is_digits
from formats.nacha.codes import CHANGE_CODES, direction

# The word a layout uses for a part, and the column it becomes.
PARTS = {
    "account": "new_account",
    "routing": "new_routing",
    "code": "new_transaction_code",
    "name": "new_name",
    "id": "new_individual_id",
    "bank": "new_bank_id",
    "sec": "new_sec",
}


def parse_corrected_data(notices: pl.DataFrame) -> pl.DataFrame:
    """Add to notices the new values they carry; nothing is guessed.

    Needs `change_code` and `corrected_data`; an optional boolean `iat` picks the wider layouts. Adds
    `new_account`, `new_routing` (9 digits), `new_transaction_code` (Int64), `new_name`,
    `new_individual_id`, `new_bank_id`, `new_sec` (null where the code has none), `usable`, and `reason`
    (null, or why the notice can't be applied: then it may be refused with C65 or goes to a person).
    """
    iat = pl.col("iat") if "iat" in notices.columns else pl.lit(value=False)
    found = notices.with_columns(_part(word, iat).alias(name) for word, name in PARTS.items())
    found = found.with_columns(pl.col("new_transaction_code").cast(pl.Int64, strict=False))
    expected = check_digits(found["new_routing"].str.slice(0, 8))
    return found.with_columns(reason=_reason(expected)).with_columns(usable=pl.col("reason").is_null())


def _layouts(word: str, column: str) -> list[tuple[str, int, int]]:
    out = []
    for code, layout in CHANGE_CODES.select("change_code", column).drop_nulls().rows():
        words = layout.split(" ")
        for at in range(0, len(words), 2):
            if words[at] == word:
                start, end = words[at + 1].split("-")
                out.append((code, int(start), int(end)))
    return out


def _part(word: str, iat: pl.Expr) -> pl.Expr:
    """Slice one part, wherever the change code puts it; blank counts as missing."""
    value: pl.Expr = pl.lit(None, pl.String)
    for when, column in ((~iat, "layout"), (iat, "layout_iat")):
        for code, start, end in _layouts(word, column):
            cut = pl.col("corrected_data").str.slice(start - 1, end - start + 1).str.strip_chars(" ")
            value = pl.when((pl.col("change_code") == code) & when & (cut != "")).then(cut).otherwise(value)
    return value


def _reason(expected: pl.Series) -> pl.Expr:
    code = pl.col("change_code")
    wanted = {name: [each for each, _, _ in _layouts(word, "layout")] for word, name in PARTS.items()}
    missing = [code.is_in(codes) & pl.col(name).is_null() for name, codes in wanted.items()]
    routing = pl.col("new_routing")
    bad_routing = routing.is_not_null() & (
        ~is_digits(routing, 9) | (routing.str.slice(8) != pl.lit(expected)).fill_null(value=True)
    )
    bad_code = pl.col("new_transaction_code").is_not_null() & direction("new_transaction_code").is_null()
    return (
        pl.when(~code.is_in(CHANGE_CODES["change_code"].to_list()))
        .then(pl.lit("the change code is not known"))
        .when(code.is_in(CHANGE_CODES.filter(kind="refused")["change_code"].to_list()))
        .then(pl.lit("this is a refusal of a notice, not a notice"))
        .when(pl.any_horizontal(missing))
        .then(pl.lit("the corrected data lack a value that the code announces"))
        .when(bad_routing)
        .then(pl.lit("the new routing number is not valid"))
        .when(bad_code)
        .then(pl.lit("the new transaction code is not known"))
    )
