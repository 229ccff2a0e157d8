"""Rules whose figures change with the years: they hold by the file's creation date, never by the clock.

The figures are tables (`data/limits.csv`, `data/descriptions.csv`), each row with the half-open time it is in
force and its source. A file without a creation date is judged by the timeless rows only.
"""

import polars as pl

from formats.nacha.codes import LIMITS, in_force
from formats.nacha.rules_description import description_problems
from formats.nacha.schema import Nacha
from formats.problems import ERROR, WARNING
from formats.rules import NONE, Rule, broken, together

_C = pl.col
_LIVE_FORWARD = (_C("kinds") == "forward") & (_C("use") == "live")
_WISH = _C("descriptive_date").fill_null("").str.contains(r"^SD\d{4}$")


_BY_DATE = _C("effective_entry_date") == _C("creation_date")


def _over(limit: str, words: str, hint: str, severity: str = ERROR) -> Rule:
    return Rule(
        f"nacha.entry.{limit}_limit",
        (_C("amount_cents") > _C(f"{limit}_limit")) & _LIVE_FORWARD,
        30,
        pl.format("the amount is above the limit of {} dollars for " + words, _C(f"{limit}_limit") // 100),
        hint,
        severity,
    )


LIMIT_RULES: list[Rule] = [
    _over("same_day", "one same-day entry", "settle it on a later day or split it"),
    # Older senders put today's date into files that settle tomorrow, and the operator lets them.
    _over("todays_date", "one same-day entry", "it settles on the next banking day in spite of its date", WARNING),
    _over("check_conversion", "a converted check", "such a check can't be converted"),
]
SAME_DAY_RULES: list[Rule] = [
    Rule(
        "nacha.batch.same_day_sec",
        _WISH & _C("sec").is_in(["IAT", "ENR"]),
        64,
        pl.format("SEC code {} does not settle the same day", "sec"),
        "the operator settles it on the next banking day",
        WARNING,
    ),
    Rule(
        "nacha.batch.same_day_time",
        _WISH & ~_C("descriptive_date").str.contains(r"^SD([01]\d|2[0-3])[0-5]\d$"),
        64,
        "the wish for same-day settlement must be SD and a time HHMM",
        severity=WARNING,
    ),
]


def dated_problems(nacha: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Report what breaks the dated rules; `entries` are those of `entries_with_facts`."""
    made_on = nacha.file["creation_date"].gather(nacha.batches["file"])
    batches = nacha.batches.with_columns(creation_date=made_on)
    return together(
        [broken(batches, SAME_DAY_RULES), _limit_problems(batches, entries), description_problems(batches, entries)]
    )


def _limit_problems(batches: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Look for entries above a limit; most files have none that could be, which one maximum tells."""
    highest = entries["amount_cents"].max()
    if not isinstance(highest, int) or highest <= _LOWEST:
        return NONE
    limits = batches.select(
        same_day_limit=pl.when(_WISH).then(_SAME_DAY),
        todays_date_limit=pl.when(_BY_DATE & ~_WISH).then(_SAME_DAY),
        check_conversion_limit=_CHECK_CONVERSION,
    )
    lowest = limits.min_horizontal().min()
    if not isinstance(lowest, int) or highest <= lowest:
        return NONE
    at = entries["batch"]
    return broken(entries.with_columns(limits[name].gather(at) for name in limits.columns), LIMIT_RULES)


def _limit(name: str) -> pl.Expr:
    """Give the limit in cents that holds for a batch, or null."""
    value: pl.Expr = pl.lit(None, pl.Int64)
    for row in LIMITS.filter(limit=name).rows(named=True):
        when = in_force(_C("creation_date"), row)
        when = when & ~_C("sec").is_in(row["not_sec"])
        if row["only_sec"]:
            when = when & _C("sec").is_in(row["only_sec"])
        value = pl.when(when).then(pl.lit(row["limit_cents"], pl.Int64)).otherwise(value)
    return value


_LOWEST = min(LIMITS["limit_cents"])
_SAME_DAY, _CHECK_CONVERSION = _limit("same_day"), _limit("check_conversion")
