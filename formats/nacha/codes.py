"""The standard's code tables as frames, read from `data/`; rows carry the dates they hold for.

`RETURN_CODES`: return_code, title, kind (return, dishonored, contested), sent_by (RDFI, ODFI, operator, gateway,
agency; several by blanks), window_days with window_unit
(banking, calendar; operator, agreed, refusal, none, own or unconfirmed have no days), statement_required,
retry (retry, corrected, new account, approval, case, fix, recode, no), retry_allowed, stop_plan (yes, hold,
no, review; final and accept for contests), class (unauthorized, administrative, other), confirmed (no:
figures from the 2013 text or not seen at all, to be confirmed with the bank) and note, effective_from and
effective_to (null: open).
`CHANGE_CODES`: change_code, title, kind (notice, refused), layout and layout_iat (where the new values stand
in Corrected Data), effective_from, effective_to.
`TRANSACTION_CODES`: transaction_code, account_type, direction, use (live, prenote, zero, return).
`LIMITS`: limit, limit_cents, only_sec and not_sec (lists), effective_from, effective_to, confirmed, source.
`DESCRIPTIONS`: reserved company entry descriptions: description, rule (its id), match (exact, prefix), sec and
side it is for (null: any), exclusive (the SEC code needs it), severity, effective_from, effective_to,
confirmed, source.
`SEC_CODES`: sec, title, credits, debits, addenda_types, addenda_max, mandatory, written (by this package).
"""

from pathlib import Path
from typing import Any

import polars as pl

_DATA = Path(__file__).with_name("data")


def _table(name: str, flags: tuple[str, ...] = ()) -> pl.DataFrame:
    frame = pl.read_csv(_DATA / name, infer_schema=False)
    dated = [column for column in ("effective_from", "effective_to") if column in frame.columns]
    return frame.with_columns(
        *(pl.col(column).str.to_date("%Y-%m-%d") for column in dated),
        *((pl.col(column) == "yes").alias(column) for column in flags),
    )


RETURN_CODES = _table("return_codes.csv", ("statement_required", "retry_allowed", "confirmed")).with_columns(
    pl.col("window_days").cast(pl.Int64)
)
CHANGE_CODES = _table("change_codes.csv")
TRANSACTION_CODES = _table("transaction_codes.csv").with_columns(pl.col("transaction_code").cast(pl.Int64))
SEC_CODES = _table("sec_codes.csv", ("credits", "debits", "written")).with_columns(
    pl.col("addenda_max").cast(pl.Int64), pl.col("addenda_types", "mandatory").fill_null("").str.split(" ")
)
LIMITS = _table("limits.csv", ("confirmed",)).with_columns(
    pl.col("limit_cents").cast(pl.Int64), pl.col("only_sec", "not_sec").str.split(" ").fill_null([])
)
_RULES = _table("rules.csv")
DESCRIPTIONS = _table("descriptions.csv", ("exclusive", "confirmed"))

DISHONORED_CODES: list[str] = RETURN_CODES.filter(kind="dishonored")["return_code"].to_list()
CONTESTED_CODES: list[str] = RETURN_CODES.filter(kind="contested")["return_code"].to_list()
REFUSED_NOTICE_CODES: list[str] = CHANGE_CODES.filter(kind="refused")["change_code"].to_list()


def _by_code(column: str) -> pl.Series:
    """Spread a column of the transaction codes over 0..99, so that looking up is a gather."""
    codes = pl.DataFrame({"transaction_code": range(100)}, schema={"transaction_code": pl.Int64})
    return codes.join(TRANSACTION_CODES, on="transaction_code", how="left", maintain_order="left")[column]


DIRECTION_BY_CODE = _by_code("direction")
USE_BY_CODE = _by_code("use")
ACCOUNT_TYPE_BY_CODE = _by_code("account_type")


def rules() -> pl.DataFrame:
    """List every rule by its stable id: rule, severity, record, message, hint (`data/rules.csv`).

    The ids of the groups text, line, record and field come from `read`, file to addenda from `read` and
    `check`, write from `write` alone. `Profile.relaxed` takes these ids.
    """
    return _RULES


def hinted(found: pl.DataFrame) -> pl.DataFrame:
    """Give problems (columns of `PROBLEMS`) without a hint of their own the one of their rule."""
    if found["hint"].len() == 0 or (found["hint"] != "").all():
        return found
    usual = pl.col("rule").replace_strict(_RULES["rule"], _RULES["hint"], default="")
    return found.with_columns(hint=pl.when(pl.col("hint") == "").then(usual).otherwise("hint"))


def in_force(day: pl.Expr, row: dict[str, Any]) -> pl.Expr:
    """Whether a row of a table is in force on `day`; a side without a date is open for unknown days too."""
    held: pl.Expr = pl.lit(value=True)
    if row["effective_from"] is not None:
        held = held & (day >= row["effective_from"]).fill_null(value=False)
    if row["effective_to"] is not None:
        held = held & (day < row["effective_to"]).fill_null(value=False)
    return held


def direction(code: str = "transaction_code") -> pl.Expr:
    """Tell `credit` or `debit` by transaction code; null when the code is unknown."""
    return _looked_up(DIRECTION_BY_CODE, code)


def use(code: str = "transaction_code") -> pl.Expr:
    """Tell `live`, `prenote`, `zero` or `return` by transaction code; null when the code is unknown."""
    return _looked_up(USE_BY_CODE, code)


def _looked_up(table: pl.Series, code: str) -> pl.Expr:
    inside = pl.when(pl.col(code).is_between(0, 99)).then(pl.col(code))
    return pl.lit(table).gather(inside)
