"""Takes a customer's folder into the record: the order of the files, once only by content, counts and problems."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import polars as pl

from assets.intake import billing, catalogue, lists, members, paying
from assets.intake.context import Load
from assets.intake.layouts import BY_NAME, LAYOUTS, Layout
from assets.intake.origin import Origin
from assets.intake.reading import Arrival, fetch, found, parse, unreadable
from assets.intake.references import blame_repeats
from assets.intake.sheet import Sheet
from assets.steps import HOUSE, Run
from formats.errors import SettingsError
from resources.record import Record, Tx
from resources.vault import Vault

STEP = "intake.load"
# Called before each file with its name, the bytes done so far and those of the whole folder.
Progress = Callable[[str, int, int], None]
_HANDLERS: dict[str, Callable[[Load, Sheet], None]] = {
    "books.csv": catalogue.books,
    "companies.csv": catalogue.companies,
    "vendors.csv": catalogue.vendors,
    "dunning_steps.csv": billing.dunning_steps,
    "products.csv": catalogue.products,
    "fees.csv": catalogue.fees,
    "agents.csv": catalogue.agents,
    "commission_rates.csv": catalogue.commission_rates,
    "people.csv": members.people,
    "bank_accounts.csv": members.bank_accounts,
    "sub_groups.csv": billing.sub_groups,
    "prices.csv": billing.prices,
    "subscriptions.csv": members.subscriptions,
    "covered.csv": lists.covered,
    "holds.csv": lists.holds,
    "splits.csv": lists.splits,
    "payer_shares.csv": billing.payer_shares,
    "pay_methods.csv": paying.pay_methods,
    "company_banks.csv": paying.company_banks,
}
_PROBLEMS = {"file": pl.String, "line": pl.Int64, "column": pl.String, "rule": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class FileResult:
    """What became of one file: `rows` = `loaded` (new or different) + `unchanged` + `quarantined`."""

    name: str
    rows: int
    loaded: int
    unchanged: int
    quarantined: int


@dataclass(frozen=True)
class LoadResult:
    """What became of a folder.

    `problems`: file, line (null: the whole file), column (empty: the whole row), rule, reason; one row for each cause
    for which something is still set aside, whether or not an earlier load said so already.
    """

    files: tuple[FileResult, ...]
    problems: pl.DataFrame


@dataclass
class _Drop:
    """The folder under way."""

    load: Load
    known: dict[bytes, tuple[int, int]]  # sha256 of files taken before: their rows, the run that took them
    lines: pl.DataFrame  # sha256, line, column, rule of what was found in them
    origin: Origin | None = None
    files: list[FileResult] = field(default_factory=list)
    problems: list[pl.DataFrame] = field(default_factory=list)


def load(record: Record, vault: Vault, run: Run, folder: Path, on_progress: Progress | None = None) -> LoadResult:
    """Take every known file of a folder into the record, in one transaction under one lock.

    Args:
        record: the runtime login.
        vault: seals account numbers and SSNs.
        run: a run of the house, one for each load; its business date is "today" for birth dates.
        folder: the customer's CSV files; any of them may be missing.
        on_progress: told before each file.

    Raises:
        SettingsError: the folder is missing or holds none of the files.
        RecordError: the database refused a row; nothing of the folder was recorded.
    """
    paths = _paths(folder)
    contents = {name: fetch(path) for name, path in paths.items()}
    everything = sum(len(data or b"") for data in contents.values())
    with record.step(
        STEP,
        run_no=run.run_no,
        companies=run.companies,
        business_date=run.business_date,
        lock=HOUSE,
        exclusive=True,
    ) as tx:
        done = 0

        def tell(name: str) -> None:
            nonlocal done
            if on_progress:
                on_progress(name, done, everything)
            done += len(contents[name] or b"")

        return take(tx, vault, contents, tell)


def take(
    tx: Tx,
    vault: Vault,
    contents: dict[str, bytes | None],
    on_file: Callable[[str], None] | None = None,
    origin: Origin | None = None,
) -> LoadResult:
    """Take contents (file name to bytes, None: can't be read) into the record, in the order given.

    Args:
        tx: an exclusive transaction over all companies; its business date is "today" for birth dates.
        vault: seals account numbers and SSNs.
        contents: in the order of their loading.
        on_file: told before each file.
        origin: what the contents were made of, if they didn't come as they are; `problems` then name its segments.

    Raises:
        RecordError: the database refused a row.
    """
    drop = _open(tx, vault, tx.business_date, contents, origin)
    for name, data in contents.items():
        if on_file:
            on_file(name)
        _take(drop, name, data)
    if origin:
        for (name,), rows in origin.refused.group_by("file", maintain_order=True):
            _note(drop, str(name), origin.mark(str(name)), rows.drop("file"))
    return LoadResult(tuple(drop.files), pl.concat([pl.DataFrame(schema=_PROBLEMS), *drop.problems]))


def _paths(folder: Path) -> dict[str, Path]:
    """The CSV files of a folder in the order of their loading, then those that we don't know."""
    if folder.is_file():
        raise SettingsError("this is a file", where=str(folder), hint="name the folder that holds the CSV files")
    if not folder.is_dir():
        raise SettingsError("there is no such folder", where=str(folder), hint="name the folder of the CSV files")
    try:
        there = {path.name: path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"}
    except OSError as error:
        raise SettingsError(f"the folder can't be read: {error.strerror}", where=str(folder)) from error
    known = {layout.name: there.pop(layout.name) for layout in LAYOUTS if layout.name in there}
    if not known:
        names = ", ".join(BY_NAME)
        raise SettingsError("the folder holds none of the files we know", where=str(folder), hint=f"they are {names}")
    return known | there


def _open(tx: Tx, vault: Vault, today: dt.date, contents: dict[str, bytes | None], origin: Origin | None) -> _Drop:
    """What the record knows of these contents; from here on the transaction sees all companies."""
    if origin:
        marks = [origin.mark(name).hex() for name in dict.fromkeys([*contents, *origin.refused["file"]])]
    else:
        marks = [hashlib.sha256(data).hexdigest() for data in contents.values() if data is not None]
    files = tx.read("intake/files", marks=marks)
    load = Load(tx, vault, today)
    catalogue.see(load, tx.read("audit/companies_of_book", book=HOUSE)["company_id"].to_list())
    known = {sha: (rows, run_no) for sha, rows, run_no in files.select("sha256", "rows", "run_no").iter_rows()}
    unread = [unreadable(name).sha256.hex() for name, data in contents.items() if data is None]
    return _Drop(load, known, tx.read("intake/problems", marks=marks + unread), origin)


def _take(drop: _Drop, name: str, data: bytes | None) -> None:
    """Load one file, unless its content was taken before and left nothing open."""
    if data is None:
        _refuse(drop, unreadable(name))
        return
    if name not in BY_NAME:
        known = ", ".join(BY_NAME)
        said = found(None, "", "intake.name", f"nothing was loaded: this is none of the files we know, {known}")
        _refuse(drop, Arrival(name, hashlib.sha256(data).digest(), pl.DataFrame(), said, refused=True))
        return
    mark = drop.origin.mark(name) if drop.origin else hashlib.sha256(data).digest()
    before = drop.known.get(mark)
    open_lines = drop.lines.filter(pl.col("sha256") == mark)["line"]
    if before and open_lines.is_empty():
        drop.files.append(FileResult(name, before[0], 0, before[0], 0))
        return
    arrival = replace(parse(BY_NAME[name], data), sha256=mark)
    if arrival.refused:
        _refuse(drop, arrival)
        return
    asked = None
    if before:
        drop.load.first_runs[mark] = before[1]
        # Without a line the whole file was refused, so all of it is open.
        asked = None if open_lines.null_count() else open_lines.unique()
        if asked is not None and drop.origin:
            asked = drop.origin.lines(name, asked)
    _load_rows(drop, BY_NAME[name], arrival, asked, first=before is None)


def _load_rows(drop: _Drop, layout: Layout, arrival: Arrival, asked: pl.Series | None, *, first: bool) -> None:
    sheet = Sheet.of(layout, arrival, asked)
    blame_repeats(sheet)
    _HANDLERS[layout.name](drop.load, sheet)
    judged = sheet.judged()
    bad = judged["at"].n_unique()
    result = FileResult(layout.name, sheet.total, sheet.loaded, sheet.total - sheet.loaded - bad, bad)
    drop.files.append(result)
    _report(drop, layout.name, sheet.sha256, judged)
    if first:
        _remember(drop, result, sheet.sha256)


def _refuse(drop: _Drop, arrival: Arrival) -> None:
    drop.load.refused.add(arrival.name)
    result = FileResult(arrival.name, 0, 0, 0, 0)
    drop.files.append(result)
    _report(drop, arrival.name, arrival.sha256, arrival.found)
    if arrival.sha256 not in drop.known and arrival.found.item(0, "rule") != "intake.unreadable":
        _remember(drop, result, arrival.sha256)


def _remember(drop: _Drop, result: FileResult, sha256: bytes) -> None:
    counts = pl.DataFrame([asdict(result)]).with_columns(sha256=pl.lit(sha256, pl.Binary))
    drop.load.tx.append("intake.file", counts)
    drop.known[sha256] = (result.rows, drop.load.tx.run_no)


def _report(drop: _Drop, name: str, sha256: bytes, judged: pl.DataFrame) -> None:
    """Hand back what was found in a file, and write down what was not written before."""
    if judged.is_empty():
        return
    if drop.origin:
        judged = drop.origin.at_segments(name, judged)
    _note(drop, name, sha256, judged.rename({"at": "line"}))


def _note(drop: _Drop, name: str, sha256: bytes, judged: pl.DataFrame) -> None:
    drop.problems.append(judged.select(pl.lit(name).alias("file"), *list(_PROBLEMS)[1:]))
    keys = ["sha256", "line", "column_name", "rule"]
    rows = judged.rename({"column": "column_name"}).with_columns(sha256=pl.lit(sha256, pl.Binary), name=pl.lit(name))
    written = drop.lines.select(keys).cast({"line": pl.Int64})
    drop.load.tx.append(
        "intake.problem", rows.join(written, on=keys, how="anti", nulls_equal=True, maintain_order="left")
    )
    drop.lines = pl.concat([drop.lines.select(keys), rows.select(keys)], how="vertical_relaxed")
