"""Over which bank a company's drafts go: by weight, under monthly caps, the same for a payer for ever.

A payer's banks are put in order by weighted rendezvous: each bank draws a number from the payer's and its own name,
and the weights bend the draw, so that a new bank takes its share of new payers and moves nobody between the others.
A bank that is full for the month passes an entry on to the payer's next bank, for this entry only.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np
import polars as pl

from resources.record import Tx

Schema = dict[str, type[pl.DataType]]

BANKS: Schema = {
    "company_id": pl.Int32,
    "bank": pl.String,
    "weight": pl.Int64,
    "monthly_cap_cents": pl.Int64,
}
ROUTES: Schema = {"company_id": pl.Int32, "payer": pl.Int32, "bank": pl.String}
USED: Schema = {"company_id": pl.Int32, "bank": pl.String, "cents": pl.Int64}
# Only drafts fill a cap; what they answer to (a reversal, a refund) can't wait for another month.
COUNTED = ["premium", "return_fee"]
_PAYER, _BANK = ["company_id", "payer"], ["company_id", "bank"]
_FULL = "every bank of the company has reached its cap of the month"
_FULL_ONE = "it must go through the bank of its first draft, which has reached its cap of the month"


def routed(tx: Tx, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the bank of each row to send, as `distributed` does, and write down the routes of payers who had none.

    Args:
        tx: the step's transaction.
        rows: `payments/to_send` with `stop` and `hold` of their accounts; what can't go takes no room.
    """
    banks = _read(tx, "payments/company_banks", BANKS)
    if banks.is_empty():
        return distributed(rows, banks, pl.DataFrame(schema=ROUTES), pl.DataFrame(schema=USED))
    routes = _read(tx, "payments/routes", ROUTES)
    strangers = rows.join(banks, on="company_id", how="semi").join(routes, on=_PAYER, how="anti", nulls_equal=True)
    unknown = strangers.select(_PAYER).drop_nulls().unique().sort(_PAYER)
    ids = {"company_ids": unknown["company_id"].to_list(), "payers": unknown["payer"].to_list()}
    earlier = tx.read("payments/earlier_banks", **ids).select(pl.col(c).cast(t) for c, t in ROUTES.items())
    new = new_routes(unknown, banks, earlier)
    tx.append("payments.route", new.with_columns(business_date=pl.lit(tx.business_date)))
    # All of the month, also what a later night has sent before this one was made up for.
    month = {"month": tx.business_date, "until": dt.date.max}
    used = tx.read("payments/distribution", **month).select(pl.col(c).cast(t) for c, t in USED.items())
    return distributed(rows, banks, pl.concat([routes, new]), used)


def _read(tx: Tx, name: str, schema: Schema) -> pl.DataFrame:
    return tx.read(name).select(pl.col(column).cast(kind) for column, kind in schema.items())


def preferences(payers: pl.DataFrame, banks: pl.DataFrame) -> pl.DataFrame:
    """Put each payer's banks in order: company_id, payer, bank, rank from 0. Banks of weight 0 take nobody.

    Args:
        payers: company_id, payer; each once.
        banks: `BANKS`.
    """
    pairs = payers.select(pl.col(c).cast(ROUTES[c]) for c in _PAYER).join(
        banks.filter(pl.col("weight") > 0).select(*_BANK, "weight"), on="company_id", how="inner"
    )
    seeds = {
        name: int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
        for name in pairs["bank"].unique()
    }
    seed = np.array([seeds[name] for name in pairs["bank"]], dtype=np.uint64)
    who = _mixed(_mixed(pairs["company_id"].to_numpy().astype(np.uint64)) + pairs["payer"].to_numpy().astype(np.uint64))
    drawn = ((_mixed(who + seed) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    lot = -np.log(drawn) / pairs["weight"].to_numpy()
    return (
        pairs.with_columns(lot=pl.Series(lot, dtype=pl.Float64))
        .sort(*_PAYER, "lot", "bank")
        .select(*_PAYER, "bank", rank=pl.int_range(pl.len(), dtype=pl.Int64).over(_PAYER))
    )


def _mixed(numbers: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Spread numbers over 64 bits (the finaliser of splitmix64); wraps around by design."""
    z = numbers + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray[tuple[int], np.dtype[np.uint64]] = z ^ (z >> np.uint64(31))
    return mixed


def new_routes(payers: pl.DataFrame, banks: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Choose the banks of payers who have none: where they were drafted before, else their first preference.

    Args:
        payers: company_id, payer; each once.
        banks: `BANKS`.
        earlier: `ROUTES`: through which bank payers were drafted before there was anything to choose.

    Returns:
        `ROUTES`, in the order of company and payer.
    """
    listed = earlier.join(banks, on=_BANK, how="semi").rename({"bank": "was"})
    first = preferences(payers, banks).filter(rank=0).drop("rank")
    chosen = first.join(listed, on=_PAYER, how="left", maintain_order="left")
    return chosen.select(*_PAYER, bank=pl.coalesce("was", "bank"))


def distributed(rows: pl.DataFrame, banks: pl.DataFrame, routes: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Add `bank` to each row, and to `hold` why it must wait for another month when no bank has room.

    A row that answers an entry keeps that entry's bank. Payees, and companies without a list of banks, use the
    company's own bank. All others go by their payer's route while the bank is on the list, then by preference.

    Args:
        rows: company_id, payer, purpose, source_id, attempt_no, amount_cents, wanted_date, company_bank, sent_through,
            stop, hold.
        banks: `BANKS`.
        routes: `ROUTES`.
        used: `USED`: what the drafts of the month have taken of each bank so far.
    """
    at = rows.with_row_index("at_").with_columns(
        spread=pl.col("payer").is_not_null() & pl.col("company_id").is_in(banks["company_id"].unique().implode()),
    )
    payers = at.filter(pl.col("spread") & pl.col("sent_through").is_null()).select(_PAYER).unique()
    kept = routes.join(banks, on=_BANK, how="semi").join(payers, on=_PAYER, how="semi")
    # Where nobody is pushed on, the first bank of those who have a route is all that is asked for.
    capped = banks.filter(pl.col("monthly_cap_cents").is_not_null())
    choosing = [payers.join(kept, on=_PAYER, how="anti"), payers.join(capped, on="company_id", how="semi")]
    order = (
        pl.concat(
            [kept.select(*_PAYER, "bank", rank=pl.lit(-1, pl.Int64)), preferences(pl.concat(choosing).unique(), banks)]
        )
        .sort(*_PAYER, "rank")
        .unique([*_PAYER, "bank"], keep="first", maintain_order=True)
        .with_columns(rank=pl.int_range(pl.len(), dtype=pl.Int64).over(_PAYER))
    )
    first = order.filter(rank=0).select(*_PAYER, chosen="bank")
    fixed = pl.coalesce("sent_through", pl.when(~pl.col("spread")).then("company_bank"))
    placed = at.join(first, on=_PAYER, how="left", maintain_order="left").with_columns(
        bank=pl.coalesce(fixed, "chosen", "company_bank"), fixed=fixed.is_not_null()
    )
    full = _overflow(placed, order, banks, used)
    return (
        placed.join(full, on="at_", how="left", maintain_order="left")
        .with_columns(bank=pl.coalesce("moved", "bank"), hold=pl.coalesce("hold", "no_room"))
        .drop("at_", "spread", "chosen", "fixed", "moved", "no_room")
    )


def _overflow(placed: pl.DataFrame, order: pl.DataFrame, banks: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Let caps push rows on: at_, moved (to another bank), no_room (why to none); rows that stay are left out.

    Round by round: each row without a place tries the bank of its next rank, the sooner wanted first.
    """
    room = banks.filter(pl.col("monthly_cap_cents").is_not_null()).join(used, on=_BANK, how="left").select(
        *_BANK, room=pl.col("monthly_cap_cents") - pl.col("cents").fill_null(0)
    )  # fmt: skip
    idle = pl.col("stop").is_not_null() | pl.col("hold").is_not_null()
    asking = placed.filter(pl.col("purpose").is_in(COUNTED) & ~idle).join(room, on="company_id", how="semi")
    asking = asking.sort("company_id", ~pl.col("fixed"), "wanted_date", "purpose", "source_id", "attempt_no")
    moved = [pl.DataFrame(schema={"at_": pl.UInt32, "moved": pl.String, "no_room": pl.String})]
    rank = 0
    while not asking.is_empty():
        if rank:
            asking = asking.drop("bank").join(
                order.filter(rank=rank).drop("rank"), on=_PAYER, how="left", maintain_order="left"
            )
            asking = asking.with_columns(bank=pl.when(~pl.col("fixed")).then("bank"))
            lost = asking.filter(pl.col("bank").is_null())
            why = pl.when("fixed").then(pl.lit(_FULL_ONE)).otherwise(pl.lit(_FULL))
            moved.append(lost.select("at_", moved=pl.lit(None, pl.String), no_room=why))
            asking = asking.filter(pl.col("bank").is_not_null())
        fits, room = _admitted(asking, room)
        if rank:
            moved.append(fits.select("at_", moved="bank", no_room=pl.lit(None, pl.String)))
        asking = asking.join(fits, on="at_", how="anti", maintain_order="left")
        rank += 1
    return pl.concat(moved)


def _admitted(asking: pl.DataFrame, room: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Admit rows in their order as far as the room of each bank goes; also the room that is left.

    A row that is too large doesn't shut the bank to smaller ones behind it: those are asked again.
    """
    taken: list[pl.DataFrame] = []
    left = asking
    while not left.is_empty():
        known = left.join(room, on=_BANK, how="left", maintain_order="left")
        fits = pl.col("room").is_null() | (pl.col("amount_cents").cum_sum().over(_BANK) <= pl.col("room"))
        now = known.filter(fits)
        taken.append(now.drop("room"))
        cents = now.group_by(_BANK).agg(cents=pl.col("amount_cents").sum())
        room = room.join(cents, on=_BANK, how="left", maintain_order="left").select(
            *_BANK, room=pl.col("room") - pl.col("cents").fill_null(0)
        )
        still = known.filter(~fits).drop("room").join(room, on=_BANK, how="left", maintain_order="left")
        left = still.filter(pl.col("amount_cents") <= pl.col("room")).drop("room")
    return (pl.concat(taken) if taken else asking), room


def compared(actual: pl.DataFrame, month: dt.date) -> pl.DataFrame:
    """Lay target and actual side by side.

    Args:
        actual: `payments/distribution`.
        month: any day of it.

    Returns:
        company, bank, month (YYYY-MM), weight, target_percent and actual_percent (of the company's cents, two
        decimals, null when nothing was drafted), entries, amount_cents, monthly_cap_cents, left_cents (null: no cap).
    """
    weight = pl.col("weight").fill_null(0)
    weights, cents = weight.sum().over("company_id"), pl.col("cents").sum().over("company_id")
    return actual.select(
        "company",
        "bank",
        month=pl.lit(f"{month:%Y-%m}"),
        weight=weight,
        target_percent=(weight * 100 / weights).round(2),
        actual_percent=pl.when(cents > 0).then((pl.col("cents") * 100 / cents).round(2)),
        entries="entries",
        amount_cents="cents",
        monthly_cap_cents="monthly_cap_cents",
        left_cents=pl.col("monthly_cap_cents") - pl.col("cents"),
    )
