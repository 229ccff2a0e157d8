"""Who is paid on a subscription, at which level and percent. Pure.

Percents and shares are integers in ten-thousandths of a percent (the record holds four decimals): 12 % is 120,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SUBSCRIPTION = ["company_id", "subscription_id"]
PATH = [*SUBSCRIPTION, "level", "agent_id", "percent_e4", "share_e4"]
WHOLE, MOST_LEVELS = 1_000_000, 9
_NAMED = ["company_id", "subject", "rule", "reason"]


@dataclass(frozen=True)
class Paths:
    """rows: PATH, sorted. unusable: company_id, subject, rule, reason; a subscription in it has no rows."""

    rows: pl.DataFrame
    unusable: pl.DataFrame


def uplines(agents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each agent's path to the top: (agent_code, level, agent_id) and the agents that have none (agent_code, reason).

    Args:
        agents: agent_id, code, parent_code ('' at the top), level. Levels must rise on the way up; in a cycle they
            never do, so at most nine steps find every fault.
    """
    above = agents.select(pl.col("code").alias("next"), "agent_id", "level", pl.col("parent_code").alias("after"))
    at = agents.select(agent_code="code", level="level", agent_id="agent_id", next="parent_code")
    rungs, faults = [at.select("agent_code", "level", "agent_id")], []
    for _ in range(MOST_LEVELS):
        step = at.filter(pl.col("next") != "").join(
            above, on="next", how="left", suffix="_above", maintain_order="left"
        )
        fault = (
            pl.when(pl.col("agent_id_above").is_null())
            .then(pl.format("agent {} is on the path and is not known", "next"))
            .when(pl.col("level_above") <= pl.col("level"))
            .then(pl.format("agent {} is not at a higher level than the one below: a cycle, or wrong levels", "next"))
        )
        step = step.with_columns(reason=fault)
        faults.append(step.filter(pl.col("reason").is_not_null()).select("agent_code", "reason"))
        at = step.filter(pl.col("reason").is_null()).select(
            "agent_code", level="level_above", agent_id="agent_id_above", next="after"
        )
        rungs.append(at.select("agent_code", "level", "agent_id"))
    bad = pl.concat(faults)
    return pl.concat(rungs).join(bad, on="agent_code", how="anti").sort("agent_code", "level"), bad


def paths(sold: pl.DataFrame, agents: pl.DataFrame, rates: pl.DataFrame, splits: pl.DataFrame) -> Paths:
    """The path of every subscription: agents by level with cumulative percent, the lowest level's part split.

    Args:
        sold: company_id, subscription_id, code, product_code, start_date, agent_code.
        agents: as for `uplines`.
        rates: product_code ('' for every product), level, valid_from, percent_e4 (cumulative).
        splits: company_id, subscription_id, agent_code, share_e4.
    """
    rungs, bad = uplines(agents)
    known = sold.join(bad, on="agent_code", how="left", maintain_order="left").with_columns(
        reason=pl.when(~pl.col("agent_code").is_in(agents["code"].implode()))
        .then(pl.format("its writing agent {} is not known", "agent_code"))
        .otherwise("reason")
    )
    no_path = known.filter(pl.col("reason").is_not_null()).with_columns(rule=pl.lit("agent_path"))
    usable = known.filter(pl.col("reason").is_null()).drop("reason")
    levels = _with_percent(usable.join(rungs, on="agent_code", how="inner"), rates).sort(*SUBSCRIPTION, "level")
    below = pl.col("percent_e4").shift(1).over(SUBSCRIPTION)
    falling = levels.filter(pl.col("percent_e4") < below).with_columns(
        rule=pl.lit("negative_spread"),
        reason=pl.format("the percent of level {} is below that of the level below it", "level"),
    )
    shared, not_whole = _shares(levels, splits, agents)
    unusable = pl.concat([no_path.select(_OUT), falling.select(_OUT), not_whole.select(_OUT)])
    rows = shared.join(unusable, on=SUBSCRIPTION, how="anti").select(PATH).sort(PATH[:4])
    named = unusable.select("company_id", "rule", "reason", subject=pl.format("subscription {}", "code")).select(_NAMED)
    return Paths(rows, named.unique(maintain_order=True).sort(_NAMED))


_OUT = [*SUBSCRIPTION, "code", "rule", "reason"]


def _with_percent(rungs: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """The percent of each level: the product's own before the general one, then the latest that was valid at the start.

    A level without one is left out.
    """
    combination = ["product_code", "start_date", "level"]
    ours = (pl.col("of") == "") | (pl.col("of") == pl.col("product_code"))
    applies = ours & (pl.col("valid_from") <= pl.col("start_date"))
    found = (
        rungs.select(combination)
        .unique()
        .join(rates.rename({"product_code": "of"}), on="level", how="inner")
        .filter(applies)
        .sort(pl.col("of") == "", "valid_from", descending=[False, True])
        .unique(combination, keep="first", maintain_order=True)
    )
    return rungs.join(found.select(*combination, "percent_e4"), on=combination, how="inner")


def _shares(levels: pl.DataFrame, splits: pl.DataFrame, agents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give each rung its share, the writing agent's by the subscription's split; and the splits that can't be used."""
    ids = agents.select(pl.col("code").alias("agent_code"), pl.col("agent_id").alias("sharer"))
    wanted = splits.join(levels.select(*SUBSCRIPTION, "code").unique(), on=SUBSCRIPTION, how="inner").join(
        ids, on="agent_code", how="left"
    )
    whole = (pl.col("share_e4").sum() == WHOLE) & pl.col("sharer").is_not_null().all()
    judged = wanted.group_by(*SUBSCRIPTION, "code", maintain_order=True).agg(whole.alias("whole"))
    broken = judged.filter(~pl.col("whole")).with_columns(
        rule=pl.lit("split"), reason=pl.lit("its split does not sum to 100 percent, or names an unknown agent")
    )
    own = ids.rename({"sharer": "writer"})
    marked = levels.join(own, on="agent_code", how="left").with_columns(
        writing=pl.col("agent_id") == pl.col("writer"), share_e4=pl.lit(WHOLE, pl.Int64)
    )
    divided = (
        marked.filter("writing")
        .drop("agent_id", "share_e4")
        .join(wanted.select(*SUBSCRIPTION, agent_id="sharer", share_e4="share_e4"), on=SUBSCRIPTION, how="inner")
    )
    kept = marked.join(
        divided.select(SUBSCRIPTION).unique().with_columns(writing=pl.lit(value=True)),
        on=[*SUBSCRIPTION, "writing"],
        how="anti",
    )
    return pl.concat([kept.select(PATH), divided.select(PATH)]), broken
