"""Hangs a step of the night into Dagster: one asset, a few lines, the same furniture for every room.

Belongs here: reading the partition, opening the run, turning an outcome into metadata. Not here: any rule.
"""

import datetime as dt
from collections.abc import Callable, Sequence

import dagster as dg
import polars as pl

from assets.partitions import NIGHTS, night_of
from assets.steps import Outcome, Run, open_run, run_step, run_whole
from resources.desk import Desk
from resources.record import Tx

OWNERS = ["team:operations"]
# What a step does, given its transaction and the desk.
Work = Callable[[Tx, Desk], dict[str, int]]


def night_asset(
    room: str,
    name: str,
    *,
    step: str,
    work: Work,
    description: str,
    deps: Sequence[str] = (),
    kinds: Sequence[str] = ("postgres", "polars"),
    whole_book: bool = False,
    in_halves: bool = False,
    by_day: Work | None = None,
) -> dg.AssetsDefinition:
    """The asset `room/name`: runs one step for the book and business date of its partition.

    Args:
        room: folder in assets/, also the group in the UI.
        name: the asset's name.
        step: the step's name in the record, `billing.charges`.
        work: what the step does; returns its totals.
        description: what finance gets from it, in plain words.
        deps: `room/name` of what must be recorded before.
        kinds: what it is made with, shown in the UI.
        whole_book: it is about the book and not about companies, so that a failure fails the run.
        in_halves: a large book goes as two halves of its companies at once (see `run_step`).
        by_day: what it does instead in a run that is not the night's (job `originate`): the night plans from its own
            hour, whenever it is made up for, and a run by day from the desk's moment.
    """

    @dg.asset(
        key=[room, name],
        group_name=room,
        description=description,
        deps=[dg.AssetKey(d.split("/")) for d in deps],
        partitions_def=NIGHTS,
        kinds=set(kinds),
        owners=OWNERS,
        tags={"step": step},
    )
    def _asset(context: dg.AssetExecutionContext, desk: dg.ResourceParam[Desk]) -> dg.MaterializeResult[None]:
        run = night_run(desk, context.run, *night_of(context))
        chosen = by_day if by_day is not None and context.run.job_name == "originate" else work

        def done(tx: Tx) -> dict[str, int]:
            return chosen(tx, desk)

        outcome = (
            run_whole(desk.record, run, step, done)
            if whole_book
            else run_step(desk.record, run, step, done, in_halves=in_halves)
        )
        for company, reason in outcome.set_aside.items():
            context.log.error("company %s set aside: %s", company, reason)
        return dg.MaterializeResult(metadata=metadata(outcome))

    return _asset


def night_run(desk: Desk, orchestrator: dg.DagsterRun, business_date: dt.date, book: str) -> Run:
    """The record's run of this orchestrator run, shared by all its steps.

    Assets chosen by hand (a backfill from the UI) are part of a night. The jobs `report`, `close_month` and
    `full_audit` are not: whom a night set aside, and what came in since the night before, is asked of nights alone.
    """
    job = "night" if orchestrator.job_name.startswith("__") else orchestrator.job_name
    return open_run(desk.record, job=job, book=book, business_date=business_date, orchestrator_run=orchestrator.run_id)


def metadata(outcome: Outcome) -> dict[str, dg.MetadataValue]:
    """What the UI shows of an outcome: totals, a preview, what was written; never a name or number of a person."""
    shown: dict[str, dg.MetadataValue] = {}
    for name, value in outcome.totals.items():
        if name.endswith("_cents"):
            shown[_plain(name)] = dg.MetadataValue.text(dollars(value))
        else:
            shown[_plain(name)] = dg.MetadataValue.int(value)
    if outcome.preview is not None and not outcome.preview.is_empty():
        shown["preview"] = _table(outcome.preview)
    shown["companies set aside"] = dg.MetadataValue.int(len(outcome.set_aside))
    shown["rows appended"] = dg.MetadataValue.int(sum(outcome.rows.values()))
    if outcome.rows:
        shown["tables"] = _table(pl.DataFrame({"table": list(outcome.rows), "rows": list(outcome.rows.values())}))
    shown["seconds"] = dg.MetadataValue.float(round(outcome.seconds, 3))
    return shown


def _plain(name: str) -> str:
    return name.removesuffix("_cents").replace("_", " ")


def dollars(cents: int) -> str:
    """Cents as people read them: -$1,234.56."""
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def _table(frame: pl.DataFrame, most: int = 20) -> dg.TableMetadataValue:
    def cell(column: str, value: object) -> str:
        return dollars(int(str(value))) if column.endswith("_cents") and value is not None else str(value)

    rows = [{_plain(c): cell(c, v) for c, v in row.items()} for row in frame.head(most).iter_rows(named=True)]
    schema = dg.TableSchema([dg.TableColumn(_plain(c), "string") for c in frame.columns])
    return dg.MetadataValue.table(records=[dg.TableRecord(row) for row in rows], schema=schema)


def night_check(asset: str, name: str, *, query: str, description: str) -> dg.AssetChecksDefinition:
    """A blocking check: the named query gives a row per failure (`failure`, in plain words), so it must give none."""

    @dg.asset_check(asset=dg.AssetKey(asset.split("/")), name=name, description=description, blocking=True)
    def _check(context: dg.AssetCheckExecutionContext, desk: dg.ResourceParam[Desk]) -> dg.AssetCheckResult:
        business_date, book = night_of(context)
        run = night_run(desk, context.run, business_date, book)
        found = desk.record.read(query, companies=run.companies, business_date=business_date)
        return dg.AssetCheckResult(
            passed=found.is_empty(),
            metadata={"failures": found.height, **({"first": _table(found)} if not found.is_empty() else {})},
            description=_verdict(found, len(run.companies)),
        )

    return _check


def _verdict(found: pl.DataFrame, companies: int) -> str:
    if found.is_empty():
        return f"holds for {companies} compan{'y' if companies == 1 else 'ies'}"
    more = f" (and {found.height - 1} more)" if found.height > 1 else ""
    return f"{found.item(0, 'failure')}{more}"
