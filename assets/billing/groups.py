"""Sub-groups of a company as a tree: who lies under whom, and who gets a bill. Pure.

Source: billing reference section 9 and migration 11: a list bill goes to the nearest group upwards that is billed, else
to the company. A group in a cycle, or under a parent nobody knows, has no place in the tree.
"""

from __future__ import annotations

import polars as pl

from assets.billing.world import QUARANTINED, Schema, World, quarantined

_GROUP = ["company_id", "group_code"]
ABOVE: Schema = {"company_id": pl.Int32, "group_code": pl.String, "above": pl.String, "distance": pl.Int32}


def above(groups: pl.DataFrame) -> pl.DataFrame:
    """Each group of the tree with itself (distance 0) and every group above it (1 its parent, and on): `ABOVE`.

    Args:
        groups: `world.SUB_GROUPS`. Groups that hang on no root, by a cycle or an unknown parent, have no row.
    """
    itself = groups.select(*_GROUP, "parent_code", above="group_code", distance=pl.lit(0, pl.Int32))
    level = itself.filter(pl.col("parent_code") == "")
    found = [level]
    waiting = itself.filter(pl.col("parent_code") != "")
    placed = level
    # Level by level from the roots: a cycle is never reached, so this ends after as many rounds as the tree is deep.
    while not waiting.is_empty():
        level = waiting.join(placed.select(*_GROUP), left_on=["company_id", "parent_code"], right_on=_GROUP, how="semi")
        if level.is_empty():
            break
        everything = pl.concat(found)
        inherited = level.drop("above", "distance").join(
            everything.select("company_id", "above", "distance", parent_code="group_code"),
            on=["company_id", "parent_code"],
            how="inner",
        )
        found += [
            level,
            inherited.with_columns(pl.col("distance") + 1).select(level.columns),
        ]
        placed = level
        waiting = waiting.join(level, on=_GROUP, how="anti")
    return pl.concat(found).select(list(ABOVE)).sort(*_GROUP, "distance")


def billed_at(groups: pl.DataFrame) -> pl.DataFrame:
    """Where each group's bill goes: company_id, group_code, bill_to (a billed group's code, '' the company)."""
    tree = above(groups)
    billed = groups.filter(pl.col("billed")).select("company_id", above="group_code")
    nearest = (
        tree.join(billed, on=["company_id", "above"], how="semi")
        .sort(*_GROUP, "distance")
        .unique(_GROUP, keep="first", maintain_order=True)
        .select(*_GROUP, bill_to="above")
    )
    return (
        tree.select(_GROUP)
        .unique(maintain_order=True)
        .join(nearest, on=_GROUP, how="left", maintain_order="left")
        .with_columns(pl.col("bill_to").fill_null(""))
    )


def misplaced(world: World) -> pl.DataFrame:
    """Subscriptions of a group that is unknown, lies in or under a cycle, or under an unknown parent: `QUARANTINED`."""
    grouped = world.subscriptions.filter(pl.col("group_code") != "")
    if grouped.is_empty():
        return pl.DataFrame(schema=QUARANTINED)
    groups = world.sub_groups
    lost = grouped.join(above(groups), on=_GROUP, how="anti", maintain_order="left")
    unknown = lost.join(groups, on=_GROUP, how="anti", maintain_order="left")
    orphans = lost.join(_under_unknown(groups), on=_GROUP, how="semi", maintain_order="left")
    named = pl.concat([unknown, orphans]).select("company_id", "subscription_id")
    circular = lost.join(named, on=["company_id", "subscription_id"], how="anti", maintain_order="left")
    return pl.concat(
        [
            quarantined(unknown, "unknown_group", pl.format("group {} is not known to its company", "group_code")),
            quarantined(
                orphans, "group_orphan", pl.format("group {} hangs under a group that does not exist", "group_code")
            ),
            quarantined(circular, "group_cycle", pl.format("group {} lies under itself", "group_code")),
        ]
    )


def _under_unknown(groups: pl.DataFrame) -> pl.DataFrame:
    """Groups that hang, at whatever distance, under a parent nobody knows: company_id, group_code."""
    codes = groups.select("company_id", parent_code="group_code")
    cut = groups.join(codes, on=["company_id", "parent_code"], how="anti").filter(pl.col("parent_code") != "")
    # Cut there, the unknown parents become roots of trees of their own.
    rooted = groups.join(cut, on=_GROUP, how="anti").vstack(cut.with_columns(parent_code=pl.lit("")))
    return (
        above(rooted)
        .join(cut.select("company_id", above="group_code"), on=["company_id", "above"], how="semi")
        .select(_GROUP)
        .unique(maintain_order=True)
    )
