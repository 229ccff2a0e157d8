"""How a step of the night is run: all companies of the book at once, or one by one when one of them breaks it.

Belongs here: what every step of every room shares. Business rules don't.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from formats.errors import DaybookError, UnreachableError
from resources.record import Record, Tx

# Subscriptions of a book from which on a second connection is worth its while.
_LARGE = 50_000
HOUSE = "house"  # the book_code of runs that are not of one book: inbound files, intake


@dataclass(frozen=True)
class Run:
    """One run of the program over one book (or the house) at a business date."""

    run_no: int
    book: str
    business_date: dt.date
    companies: tuple[int, ...]
    actor: str = "night"


@dataclass
class Outcome:
    """What a step did: rows per table, totals in cents or counts, what it set aside."""

    step: str
    rows: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    set_aside: dict[int, str] = field(default_factory=dict)
    preview: pl.DataFrame | None = None  # masked, a few rows
    seconds: float = 0.0

    def add(self, other: Outcome) -> None:
        """Take in what the same step did for further companies."""
        for mine, theirs in ((self.rows, other.rows), (self.totals, other.totals)):
            for key, value in theirs.items():
                mine[key] = mine.get(key, 0) + value
        self.set_aside.update(other.set_aside)
        shown = [preview for preview in (self.preview, other.preview) if preview is not None]
        self.preview = pl.concat(shown, how="vertical_relaxed") if shown else None


# A step reads, computes and appends through `tx`; it returns its totals (name -> cents or count).
Step = Callable[[Tx], dict[str, int]]


def open_run(
    record: Record,
    *,
    job: str,
    book: str,
    business_date: dt.date,
    orchestrator_run: str = "",
    actor: str = "night",
) -> Run:
    """The run of this orchestrator run, made at first use; its companies are the book's (all, for the house)."""
    with record.step("audit.run", run_no=0, companies=(), business_date=business_date) as tx:
        found = tx.read("audit/run_of", orchestrator_run=orchestrator_run) if orchestrator_run else pl.DataFrame()
        if found.is_empty():
            found = tx.read(
                "audit/open_run", job=job, book=book, orchestrator_run=orchestrator_run or None, actor=actor
            )
        members = tx.read("audit/companies_of_book", book=book)
    return Run(int(found.item(0, "run_no")), book, business_date, tuple(members["company_id"]), actor)


def run_step(record: Record, run: Run, name: str, step: Step, *, in_halves: bool = False) -> Outcome:
    """Do a step for all companies of the run that no earlier step of this run set aside.

    All companies in one transaction; when that fails, each in one of its own, so that the broken one alone is set
    aside with its reason.

    Args:
        record: the database.
        run: whose book and date.
        name: room and verb.
        step: what to do; called from two threads at once when in halves.
        in_halves: do a large book as two halves of its companies at the same time. For steps whose companies share
            nothing: what each half appends is then the same in any order.

    Raises:
        UnreachableError: the database does not answer.
        DaybookError: no company at all could do it.
    """
    began = time.perf_counter()
    out = Outcome(name)
    aside = record.read("audit/set_aside_in_run", companies=run.companies, run=run.run_no)
    open_companies = [c for c in run.companies if c not in set(aside["company_id"])]
    parts = _halves(record, open_companies) if in_halves else [open_companies]
    if len(parts) == 1:
        out = _do(record, run, name, step, open_companies)
    else:
        with ThreadPoolExecutor(len(parts)) as threads:
            # Each under a lock of its own: what keeps two writers from one company is the lock of the company.
            for done in threads.map(
                lambda part: _do(record, run, name, step, part[1], lock=f"{run.book}/{part[0]}"), enumerate(parts)
            ):
                out.add(done)
    if open_companies and len(out.set_aside) == len(open_companies):
        reason = out.set_aside[open_companies[0]]
        raise DaybookError(f"{name} failed for every company of book {run.book}", hint=reason)
    out.seconds = time.perf_counter() - began
    return out


def _halves(record: Record, companies: list[int]) -> list[list[int]]:
    """The companies in one part, or of a large book in two of about as many subscriptions each."""
    sizes = record.read("audit/subscriptions_per_company", companies=companies)
    if sizes.height < 2 or sizes["subscriptions"].sum() < _LARGE:
        return [companies]
    size = dict(sizes.iter_rows())
    halves: list[list[int]] = [[], []]
    for company in sorted(companies, key=lambda c: (-size.get(c, 0), c)):
        min(halves, key=lambda half: sum(size.get(c, 0) for c in half)).append(company)
    return [sorted(half) for half in halves]


def _do(record: Record, run: Run, name: str, step: Step, companies: list[int], *, lock: str = "") -> Outcome:
    """Some companies in one transaction; when that fails, one by one."""
    try:
        return _attempt(record, run, name, step, companies, lock=lock)
    except UnreachableError:
        raise
    except (DaybookError, pl.exceptions.PolarsError) as error:
        out = Outcome(name)
        if len(companies) == 1:
            _set_aside(record, run, name, companies[0], reason_of(error))
            out.set_aside[companies[0]] = reason_of(error)
        else:
            for company in companies:
                out.add(run_one(record, run, name, step, company))
        return out


def run_whole(record: Record, run: Run, name: str, step: Step) -> Outcome:
    """Do a step that is about the whole book, set-aside companies included; a failure fails the run."""
    began = time.perf_counter()
    out = _attempt(record, run, name, step, list(run.companies))
    out.seconds = time.perf_counter() - began
    return out


def run_one(record: Record, run: Run, name: str, step: Step, company: int) -> Outcome:
    """Do a step for one company; a failure sets it aside and is not raised."""
    try:
        return _attempt(record, run, name, step, [company])
    except UnreachableError:
        raise
    except (DaybookError, pl.exceptions.PolarsError) as error:
        _set_aside(record, run, name, company, reason_of(error))
        return Outcome(name, set_aside={company: reason_of(error)})


def _attempt(record: Record, run: Run, name: str, step: Step, companies: list[int], *, lock: str = "") -> Outcome:
    with record.step(
        name,
        run_no=run.run_no,
        companies=companies,
        business_date=run.business_date,
        lock=lock or run.book,
        exclusive=True,
    ) as tx:
        totals = step(tx)
        rows = dict(tx.appended)
    return Outcome(name, rows=rows, totals=totals, preview=tx.preview)


def reason_of(error: Exception) -> str:
    """Why a company is set aside, in words that quote no data of another library."""
    return str(error) if isinstance(error, DaybookError) else f"the data could not be computed: {type(error).__name__}"


def _set_aside(record: Record, run: Run, name: str, company: int, reason: str) -> None:
    with record.step("audit.set_aside", run_no=run.run_no, companies=[company], business_date=run.business_date) as tx:
        tx.append(
            "audit.set_aside",
            pl.DataFrame(
                {
                    "company_id": [company],
                    "step": [name],
                    "business_date": [run.business_date],
                    "reason": [reason],
                }
            ),
        )


def quarantine(tx: Tx, rows: pl.DataFrame) -> int:
    """Name rows that a step could not use, once per cause. Returns how many are new.

    Args:
        tx: the step's transaction.
        rows: company_id, subject (a code, never a name or number), rule, reason.
    """
    if rows.is_empty():
        return 0
    keys = ["company_id", "subject", "rule"]
    known = tx.read("audit/quarantined", step=tx.step)
    fresh = rows.unique(keys, keep="first", maintain_order=True).join(
        known.with_columns(pl.col("company_id").cast(rows.schema["company_id"])), on=keys, how="anti"
    )
    return tx.append(
        "audit.quarantine",
        fresh.select(*keys, "reason").with_columns(step=pl.lit(tx.step), business_date=pl.lit(tx.business_date)),
    )
