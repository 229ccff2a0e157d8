"""Simulation: an invented bank that answers each delivered ACH file with returns, change notices and a statement.

Same seed, same file, same answer. Most entries are good; the others come back under several codes or with corrected
data. The bank settles a whole file on the day it answers; a real one does so batch by batch on the effective dates.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from formats import nacha
from formats.errors import FormatError
from formats.problems import ERROR
from pipelines.simulate.invented import BANK
from pipelines.simulate.mailbox import opened
from pipelines.simulate.statement import of_others, side_of, statement, use_of
from resources.home import Home

# Codes and how often each is drawn, of those that come back: drafts by SEC code, payments, and entries without money.
_RETURNS = {
    "PPD": {"R01": 60, "R09": 10, "R02": 10, "R03": 8, "R10": 4, "R07": 2, "R08": 3, "R16": 1, "R20": 2},
    "CCD": {"R01": 60, "R02": 15, "R03": 10, "R29": 15},
    "credit": {"R03": 40, "R02": 30, "R23": 20, "R04": 10},
    "prenote": {"R03": 70, "R04": 30},
}
_NOTICES = {"C01": 40, "C02": 25, "C03": 10, "C05": 25}


def answer(
    home: Home, seed: int, date: dt.date, return_rate: float = 0.03, notice_rate: float = 0.01
) -> list[dict[str, Any]]:
    """Answer every delivered file that has no answer yet, signed and encrypted, into the bank's outbox.

    Args:
        home: the installation whose counterparty is played.
        seed: what decides which entries come back, and why.
        date: the day of the answer; the returns settle on it and the statement is of it.
        return_rate: share of entries returned.
        notice_rate: share of entries paid, but with corrected data sent back.

    Returns:
        Per answer: partner, name (as put out), answers (the file), verdict (settled, or why the file was refused),
        returns, notices.

    Raises:
        ExchangeError: a delivered file can't be opened, or is not signed by us.
        SettingsError: gpg is missing.
    """
    done = []
    with opened(home, BANK) as box:
        for name in box.delivered():
            stem = PurePosixPath(name).stem
            last = f"{stem}_statement.bai"
            if box.has_sent(last):
                continue
            chance = f"{seed}|{name}"
            told = answer_to(box.open(name), name, chance, date, return_rate=return_rate, notice_rate=notice_rate)
            about: dict[str, Any] = {"partner": BANK, "answers": name, "verdict": told.verdict}
            if told.statement is None:
                done.append({**about, "name": ""})
                continue
            about |= {"returns": 0, "notices": 0}
            if told.back is not None:
                box.send(f"{stem}_returns.ach", told.back)
                done.append({**about, "name": f"{stem}_returns.ach", "returns": told.returns, "notices": told.notices})
            # The statement goes last: it is the mark that this file has been answered in full.
            box.send(last, told.statement)
            done.append({**about, "name": last})
    return done


@dataclass(frozen=True)
class Answer:
    """What the bank says to one file: a file of returns and notices, where there are some, and a statement."""

    verdict: str
    back: bytes | None = None
    statement: bytes | None = None  # None: the file was refused
    returns: int = 0
    notices: int = 0


def answer_to(data: bytes, name: str, chance: str, date: dt.date, *, return_rate: float, notice_rate: float) -> Answer:
    """Answer one file. Prenotes are mostly met with silence, like everything that is good.

    Args:
        data: the file.
        name: under which it came.
        chance: the text that decides, together with each trace, which entries come back, and why.
        date: the day of the answer.
        return_rate: share of entries returned.
        notice_rate: share of entries taken, but with corrected data sent back.
    """
    whole, refusal = _judged(data)
    if refusal:
        return Answer(refusal)
    fates = _fates(whole, chance, return_rate, notice_rate)
    returned = int(fates["returned"].sum())
    return Answer(
        verdict="settled",
        back=_returns_file(whole, fates, date),
        statement=statement(whole, fates, name, date),
        returns=returned,
        notices=fates.height - returned,
    )


def _judged(data: bytes) -> tuple[nacha.Nacha, str]:
    """Read a file as a bank would; why it is refused, or an empty text."""
    whole = nacha.read(data)
    try:
        totals = nacha.totals(data)
    except FormatError as error:
        return whole, f"refused: {error.what}"
    errors = pl.concat([whole.problems, nacha.check(whole)]).filter(pl.col("severity") == ERROR)
    if not totals.agrees:
        return whole, f"refused: {totals.mismatches[0]}"
    return whole, f"refused: {errors.item(0, 'message')}" if not errors.is_empty() else ""


def _part(chance: str) -> float:
    """A number from 0 to 1 that follows from the text alone."""
    return int.from_bytes(hashlib.sha256(chance.encode()).digest()[:6]) / 2**48


def _drawn(weights: dict[str, int], part: float) -> str:
    left = part * sum(weights.values())
    for code, weight in weights.items():
        left -= weight
        if left < 0:
            return code
    return next(iter(weights))


def _fates(whole: nacha.Nacha, chance: str, return_rate: float, notice_rate: float) -> pl.DataFrame:
    """The entries that come back or are corrected, in file order, with `code` and `returned` (else a notice).

    An offset entry is the company's own account: nobody answers for it.
    """
    rows = []
    asked = of_others(whole).select("entry", "sec", "trace_number", side=side_of(), prenote=use_of() == "prenote")
    for entry, sec, trace, side, prenote in asked.iter_rows():
        drawn = _part(f"{chance}|{trace}")
        if drawn < return_rate:
            kind = "prenote" if prenote else side if side == "credit" else sec
            code = _drawn(_RETURNS.get(kind, _RETURNS["PPD"]), _part(f"{chance}|{trace}|code"))
            rows.append((entry, code, True))
        elif drawn < return_rate + notice_rate:
            rows.append((entry, _drawn(_NOTICES, _part(f"{chance}|{trace}|code")), False))
    fates = pl.DataFrame(rows, schema={"entry": pl.Int64, "code": pl.String, "returned": pl.Boolean}, orient="row")
    batch = whole.batches.select(
        "batch", "company_name", "company_id", "entry_description", "effective_entry_date", "odfi"
    )
    found = fates.join(whole.entries, on="entry", how="left", maintain_order="left")
    return found.with_columns(side=side_of()).join(batch, on="batch", how="left", maintain_order="left")


def _returns_file(whole: nacha.Nacha, fates: pl.DataFrame, date: dt.date) -> bytes | None:
    """One file with a batch per receiving bank and kind; None when nothing comes back."""
    if fates.is_empty():
        return None
    head = whole.file.row(0, named=True)
    keys = ["returned", "rdfi", "sec", "entry_description", "effective_entry_date"]
    rows = fates.with_columns(sec=pl.when("returned").then("sec").otherwise(pl.lit("COR"))).sort(
        pl.col("returned").not_(), *keys[1:], "trace_number"
    )
    rows = rows.with_columns(batch=pl.struct(keys).rle_id().cast(pl.Int64))
    returned_as = pl.when(pl.col("side") == "credit").then(1).otherwise(6)
    own = pl.int_range(1, pl.len() + 1).over("rdfi").cast(pl.String).str.zfill(7)
    rows = rows.with_columns(own_trace=pl.col("rdfi") + own)
    batches = rows.group_by("batch", maintain_order=True).first()
    return nacha.write(
        nacha.Nacha(
            file=nacha.file_frame(
                destination=head["destination"],  # passed on as it came from the operator
                origin=head["destination"],
                creation_date=date,
                modifier=head["modifier"],
                destination_name=head["destination_name"],
                origin_name=head["destination_name"],
                reference="SIMULATE",
            ),
            batches=batches.select(
                *("company_name", "company_id", "sec", "entry_description", "effective_entry_date"),
                file=pl.lit(0),
                settlement_day=pl.lit(f"{date:%j}"),
                odfi="rdfi",
            ),
            entries=rows.select(
                *("batch", "sec", "account", "individual_id", "name"),
                # Live, prenote and zero-dollar codes of one side come back under one: 27 and 28 as 26, 22 and 23 as 21.
                transaction_code=pl.col("transaction_code") // 10 * 10 + returned_as,
                rdfi="odfi",
                amount_cents=pl.when("returned").then("amount_cents").otherwise(pl.lit(0)),
                trace_number="own_trace",
            ),
            addenda=_addenda(rows),
            problems=pl.DataFrame(),
        )
    )


def _addenda(rows: pl.DataFrame) -> pl.DataFrame:
    """An addenda 99 or 98 per entry, with the invented corrections of the notices."""
    old = pl.col("account")
    other_digit = ((old.str.tail(1).str.to_integer(strict=False).fill_null(0) + 1) % 10).cast(pl.String)
    account = (old.str.head(-1) + other_digit).str.pad_end(17)
    bank = pl.col("rdfi").str.head(7) + (
        (pl.col("rdfi").str.tail(1).str.to_integer(strict=False).fill_null(0) + 1) % 10
    ).cast(pl.String)
    valued = rows.with_columns(new_account=account, new_bank=bank)
    routing = valued["new_bank"] + nacha.check_digits(valued["new_bank"])
    other_row = pl.when(pl.col("transaction_code") < 30).then(30).otherwise(20)
    type_code = (other_row + pl.when(pl.col("side") == "credit").then(2).otherwise(7)).cast(pl.String)
    values = {
        "C01": pl.col("new_account"),
        "C02": pl.lit(routing),
        "C03": pl.concat_str(pl.lit(routing), pl.lit("   "), "new_account"),
        "C05": type_code,
    }
    data = pl.lit(None, pl.String)
    for code, value in values.items():
        data = pl.when(pl.col("code") == code).then(value).otherwise(data)
    returned = pl.col("returned")
    return valued.with_row_index("position").select(
        entry=pl.col("position").cast(pl.Int64),
        kind=pl.when(returned).then(pl.lit("99")).otherwise(pl.lit("98")),
        return_code=pl.when(returned).then("code"),
        change_code=pl.when(~returned).then("code"),
        original_trace="trace_number",
        original_rdfi="rdfi",
        corrected_data=data.str.strip_chars_end(" "),
        trace_number="own_trace",
    )
