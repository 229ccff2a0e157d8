"""Checking an enrollment before it is sent: the guide's rules, and the meanings no map validator looks at.

A finding names the member by key, never by name or SSN. A broken family can be left out (`bad_families`) while
the rest of the file goes.
"""

import polars as pl

from formats.edi834.guide import rules_of
from formats.edi834.guide_rule import Rule
from formats.edi834.meaning import coverage_meaning, member_meaning, with_facts
from formats.edi834.meaning_extras import extra_meaning
from formats.edi834.partner import absent_rows
from formats.edi834.prepare import prepare
from formats.edi834.profile import Profile
from formats.edi834.schema import Enrollment
from formats.problems import ERROR, PROBLEMS, problems

_FINDINGS = {
    "subscriber_key": pl.String(),
    "member_key": pl.String(),
    "rule": pl.String(),
    "severity": pl.String(),
    "line": pl.Int64(),
    "element": pl.String(),
    "message": pl.String(),
    "hint": pl.String(),
}


def check(enrollment: Enrollment, profile: Profile) -> pl.DataFrame:
    """Everything wrong or doubtful in the frames for this partner, as rows of formats.problems.PROBLEMS.

    `line` is the file position of the INS or HD when the frames were read from a file, else null; `column` is
    the element's number; the message begins with the member key. Includes stated totals (QTY) of read files.
    """
    found = _findings(enrollment, profile)
    rows = found.select(
        "rule",
        "severity",
        "line",
        pl.col("element").str.extract(r"(\d\d)$").cast(pl.Int64).alias("column"),
        pl.format("member {}: {} ({})", pl.col("member_key").fill_null("?"), "message", "element").alias("message"),
        "hint",
    )
    return pl.concat([rows.cast(dict(PROBLEMS)), _totals(enrollment)])  # type: ignore[arg-type]


def bad_families(enrollment: Enrollment, profile: Profile) -> pl.DataFrame:
    """Families that must not be sent as they are: columns subscriber_key, rule, message; a row per reason.

    A coverage that belongs to no member has no family: its subscriber_key is null.
    """
    found = _findings(enrollment, profile).filter(pl.col("severity") == ERROR)
    words = pl.format("member {}: {} ({})", pl.col("member_key").fill_null("?"), "message", "element")
    return found.select("subscriber_key", "rule", words.alias("message")).unique(maintain_order=True)


def without_families(enrollment: Enrollment, bad: pl.DataFrame) -> Enrollment:
    """The enrollment without the families named in `bad` (column subscriber_key), and without loose coverages."""
    key = pl.coalesce("subscriber_key", "member_key")
    return enrollment.only(enrollment.members.filter(~key.is_in(bad["subscriber_key"].drop_nulls().implode())))


def _findings(enrollment: Enrollment, profile: Profile) -> pl.DataFrame:
    ready = prepare(enrollment, profile)
    frames = ready.frames()
    rules = {name: rules_of(name, frame, profile) for name, frame in frames.items()}
    members, coverages = with_facts(ready, enrollment, profile)
    rules["members"] += member_meaning(profile, members.columns)
    rules["coverages"] += coverage_meaning(profile)
    families = members.unique("member_key", keep="first").select("member_key", "subscriber_key")
    for name, frame in ready.extras.items():
        rules[name] += extra_meaning(name)
        frames[name] = frame.join(families, on="member_key", how="left", maintain_order="left").with_columns(
            pl.lit(None, pl.Int64).alias("position")
        )
    for name, more in absent_rows(ready.frames(), profile).items():
        rules[name] += more
    frames |= {"members": members, "coverages": coverages}
    return pl.concat(
        [pl.DataFrame(schema=_FINDINGS), *(f for name in frames for f in _broken(frames[name], rules[name]))]
    )


def _broken(frame: pl.DataFrame, rules: list[Rule]) -> list[pl.DataFrame]:
    if not rules:
        return []
    flags = frame.select(rule.when.fill_null(value=False).alias(str(i)) for i, rule in enumerate(rules))
    hit = flags.select(pl.all().any()).row(0)
    return [
        frame.filter(flags[str(i)]).select(
            pl.col("subscriber_key"),
            pl.col("member_key"),
            pl.lit(rule.id).alias("rule"),
            pl.lit(rule.severity).alias("severity"),
            pl.col("position").alias("line"),
            pl.lit(rule.element).alias("element"),
            pl.lit(rule.message).alias("message"),
            pl.lit(rule.hint).alias("hint"),
        )
        for i, rule in enumerate(rules)
        if hit[i]
    ]


def _totals(enrollment: Enrollment) -> pl.DataFrame:
    """QTY totals of read sets against what was counted."""
    counted = enrollment.members.group_by("set_no").agg(
        pl.len().cast(pl.Int64).alias("total"), pl.col("is_subscriber").sum().cast(pl.Int64).alias("subscribers")
    )
    sets = enrollment.interchange.join(counted, on="set_no", how="left").with_columns(
        pl.col("total", "subscribers").fill_null(0)
    )
    sets = sets.with_columns((pl.col("total") - pl.col("subscribers")).alias("dependents"))
    rows = []
    for stated, actual, code in (
        ("total_stated", "total", "TO"),
        ("subscribers_stated", "subscribers", "ET"),
        ("dependents_stated", "dependents", "DT"),
    ):
        for row in sets.filter(pl.col(stated) != pl.col(actual)).iter_rows(named=True):
            words = f"set {row['set_no']}: QTY*{code} states {row[stated]}, counted {row[actual]}"
            hint = "Ask the sender which is right before anything is loaded"
            rows.append(
                {"rule": f"edi834.total.{code.lower()}", "severity": ERROR, "column": 2, "message": words, "hint": hint}
            )
    return problems(rows)
