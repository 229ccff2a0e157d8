"""The difference between what a vendor must know and what it has taken: adds, changes, ends, reinstatements. Pure.

What a vendor holds of somebody is not always certain: the last version it accepted, or any version told since that it
has not answered. Each of them is a belief. A row is told when one belief differs from what is expected; what it is
called follows from the likeliest belief that differs, the latest. So what is on its way is told again until it is
answered, and a refusal, which takes a belief away, loses nothing.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.enrollment.fate import ACCEPTED, OPEN

KEY = ["company_id", "partner", "person_id", "subscription_id"]
MEMBER = ["company_id", "partner", "head_id", "person_id"]
ADD, CHANGE, END, REINSTATE = "021", "001", "024", "025"
REASONS = {ADD: "28", CHANGE: "29", END: "07", REINSTATE: "41"}  # INS04; of personal data alone: 25
PERSONAL = "25"
_VALUES = ["line", "plan_code", "tier", "begin", "end", "member_print"]
_BASE = [f"base_{c}" for c in _VALUES]


def beliefs(told: pl.DataFrame) -> pl.DataFrame:
    """What the vendor may hold: the last version of each key whose acceptance is sound, and every one after it.

    Args:
        told: KEY, version, fate, sound (`fate.with_sound`) and _VALUES, all versions.

    Returns:
        The rows of `told` that may be held; a key of which none is soundly accepted has one more row, version
        0 with empty values: the vendor may know nothing.
    """
    standing = told.filter(pl.col("fate").is_in([ACCEPTED, OPEN])).with_columns(
        pl.col("version")
        .filter((pl.col("fate") == ACCEPTED) & pl.col("sound"))
        .max()
        .over(KEY)
        .fill_null(0)
        .alias("taken")
    )
    held = standing.filter(pl.col("version") >= pl.col("taken"))
    nothing = held.filter(pl.col("taken") == 0).unique(KEY, maintain_order=True)
    blank = nothing.with_columns(
        pl.lit(0, told.schema["version"]).alias("version"),
        *(pl.lit(None, told.schema[c]).alias(c) for c in _VALUES),
    )
    return pl.concat([held, blank]).drop("taken").sort(*KEY, "version")


def difference(rows: pl.DataFrame, held: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The rows that must be told, with what each is called.

    Args:
        rows: KEY, head_id, _VALUES: everybody as the vendor must see them.
        held: as `beliefs` returns them.
        day: the business date.

    Returns:
        The rows with base_* (_VALUES of the belief the difference is from), known (that belief is not "nothing") and
        action: of the coverage 021, 001, 024 or 025, null where only the person differs. Sorted by KEY.
    """
    believed = held.select(*KEY, "version", *(pl.col(c).alias(b) for c, b in zip(_VALUES, _BASE, strict=True)))
    both = rows.join(believed, on=KEY, how="left", maintain_order="left").with_columns(
        known=pl.col("base_begin").is_not_null()
    )
    # Of coverage that is over only its period matters any more.
    goes_on = pl.col("end").is_null() | (pl.col("end") > day)
    differs = ~pl.col("known") | _differs("begin", "end") | _moved() | (goes_on & _differs("tier", "member_print"))
    # What is told must be right whichever belief is true: of those that differ, one whose coverage does goes first.
    return (
        both.filter(differs)
        .with_columns(_action().alias("action"))
        .sort(*KEY, pl.col("action").is_null(), -pl.col("version").fill_null(0))
        .unique(KEY, keep="first", maintain_order=True)
        .drop("version")
    )


def _differs(*columns: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"base_{c}")) for c in columns)


def _moved() -> pl.Expr:
    return _differs("line", "plan_code")


def _action() -> pl.Expr:
    ends, ended = pl.col("end").is_not_null(), pl.col("base_end").is_not_null()
    return (
        pl.when(~pl.col("known") | _moved())
        .then(pl.lit(ADD))
        .when(ended & ~ends)
        .then(pl.lit(REINSTATE))
        .when(ends & _differs("end"))
        .then(pl.lit(END))
        .when(_differs("begin", "tier"))
        .then(pl.lit(CHANGE))
    )


def replaced(changes: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Coverage under another line or plan than now, which ends where the new one begins.

    Args:
        changes: as `difference` returns them.
        held: as `beliefs` returns them.

    Returns:
        KEY, head_id, line, plan_code, tier, begin, end, action (024), of what the vendor may hold and must give up.
    """
    now = changes.select(*KEY, now_line="line", now_plan="plan_code", now_begin="begin")
    until = pl.max_horizontal("begin", "now_begin")
    moved = held.join(now, on=KEY, how="inner", maintain_order="left").filter(
        pl.col("begin").is_not_null()
        & (pl.col("end").is_null() | (pl.col("end") > until))  # an end to come is no end under the new plan
        & (pl.col("line").ne_missing(pl.col("now_line")) | pl.col("plan_code").ne_missing(pl.col("now_plan")))
    )
    return moved.unique([*KEY, "line", "plan_code"], keep="last", maintain_order=True).select(
        *KEY, "head_id", "line", "plan_code", "tier", "begin",
        end=until, action=pl.lit(END),
    )  # fmt: skip


def member_actions(rows: pl.DataFrame, held: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """What the file says of each member as a whole.

    Args:
        rows: everybody as the vendor must see them.
        held: as `beliefs` returns them.
        changes: as `difference` returns them.

    Returns:
        MEMBER, member_action (021, 001, 024, 025), reason (INS04), begin (of all coverage), end (of all, when all has
        one). A row per member of whom something is told.
    """
    covers = pl.col("begin").is_not_null() & pl.col("end").is_null()
    before = held.group_by(KEY).agg(
        covers.sort_by("version").last().alias("live_before"),
        covers.any().alias("maybe_live"),
        pl.col("begin").is_not_null().any().alias("was_known"),
    )
    told = changes.select(*KEY, "action", "known", told=pl.lit(value=True))
    whole = (
        rows.select(*KEY, "head_id", "begin", "end")
        .join(before, on=KEY, how="left", maintain_order="left")
        .join(told, on=KEY, how="left", maintain_order="left")
        .with_columns(pl.coalesce("known", "was_known", pl.lit(value=False)).alias("known_before"))
    )
    members = whole.group_by(MEMBER, maintain_order=True).agg(
        pl.col("told").any(),
        pl.col("known_before").any(),
        pl.col("live_before").fill_null(value=False).any(),
        pl.col("maybe_live").fill_null(value=False).any(),
        pl.col("end").is_null().any().alias("live"),
        (pl.col("action") == END).any().alias("ends"),
        (pl.col("action").is_null() | pl.col("told").is_null()).all().alias("only_personal"),
        pl.coalesce(pl.col("begin").filter(pl.col("end").is_null()).min(), pl.col("begin").min()).alias("begin"),
        pl.when(pl.col("end").is_not_null().all()).then(pl.col("end").max()).alias("end"),
    )
    action = (
        pl.when(~pl.col("known_before"))
        .then(pl.lit(ADD))
        .when(~pl.col("live") & (pl.col("maybe_live") | pl.col("ends")))
        .then(pl.lit(END))
        .when(pl.col("live") & ~pl.col("live_before"))
        .then(pl.lit(REINSTATE))
        .otherwise(pl.lit(CHANGE))
    )
    named = members.filter("told").with_columns(member_action=action)
    reason = pl.col("member_action").replace_strict(REASONS, return_dtype=pl.String)
    personal = (pl.col("member_action") == CHANGE) & pl.col("only_personal")
    return named.select(
        *MEMBER, "member_action", "begin", "end",
        reason=pl.when(personal).then(pl.lit(PERSONAL)).otherwise(reason),
    )  # fmt: skip


def with_heads(members: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the subscribers of told dependents, for a vendor that ties a family by what the subscriber's row holds.

    Args:
        members: as `member_actions` returns them.
        rows: everybody as the vendor holds them after the file.

    Returns:
        The members; a subscriber of whom nothing else is told comes as 001 and without coverage.
    """
    family = ["company_id", "partner", "head_id"]
    heads = rows.filter(pl.col("person_id") == pl.col("head_id")).join(members, on=family, how="semi")
    silent = (
        heads.join(members, on=MEMBER, how="anti")
        .group_by(MEMBER, maintain_order=True)
        .agg(pl.col("begin").min(), pl.when(pl.col("end").is_not_null().all()).then(pl.col("end").max()).alias("end"))
    )
    named = silent.with_columns(member_action=pl.lit(CHANGE), reason=pl.lit(PERSONAL))
    return pl.concat([members, named.select(members.columns)])


def apply(held: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """What a vendor holds after it took a file: KEY and _VALUES; what was told stands in place of what was held."""
    columns = [*KEY, *_VALUES]
    rest = held.select(columns).join(told.select(KEY), on=KEY, how="anti")
    return pl.concat([rest, told.select(columns)]).sort(KEY)
