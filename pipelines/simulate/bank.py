"""Simulation: an invented bank that answers each delivered ACH file with returns, change notices and a statement.

Same seed, same file, same answer. Most entries are good; the others come back under several codes or with corrected
data. The bank settles a whole file on the day it answers; a real one does so batch by batch on the effective dates.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from formats import bai2, nacha
from formats.errors import FormatError
from formats.problems import ERROR
from pipelines.simulate.mailbox import opened
from pipelines.simulate.setup import BANK
from resources.home import Home

# Codes and how often each is drawn, of those that come back; by SEC code.
_RETURNS = {
    "PPD": {"R01": 60, "R09": 10, "R02": 10, "R03": 8, "R10": 4, "R07": 2, "R08": 3, "R16": 1, "R20": 2},
    "CCD": {"R01": 60, "R02": 15, "R03": 10, "R29": 15},
}
_NOTICES = {"C01": 40, "C02": 25, "C03": 10, "C05": 25}
_ACH_SETTLEMENT, _RETURNED_ITEM = "166", "557"


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
            statement = f"{stem}_statement.bai"
            if box.has_sent(statement):
                continue
            whole, refusal = _judged(box.open(name))
            if refusal:
                done.append({"partner": BANK, "name": "", "answers": name, "verdict": refusal})
                continue
            fates = _fates(whole, f"{seed}|{name}", return_rate, notice_rate)
            back = _returns_file(whole, fates, date)
            about: dict[str, Any] = {"partner": BANK, "answers": name, "verdict": "settled", "returns": 0, "notices": 0}
            if back is not None:
                box.send(f"{stem}_returns.ach", back)
                counts: dict[str, Any] = {
                    "returns": int(fates["returned"].sum()),
                    "notices": int((~fates["returned"]).sum()),
                }
                done.append({**about, "name": f"{stem}_returns.ach", **counts})
            # The statement goes last: it is the mark that this file has been answered in full.
            box.send(statement, _statement(whole, fates, name, date))
            done.append({**about, "name": statement})
    return done


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
    """The entries that come back or are corrected, in file order, with `code` and `returned` (else a notice)."""
    rows = []
    for entry, sec, trace in whole.entries.select("entry", "sec", "trace_number").iter_rows():
        drawn = _part(f"{chance}|{trace}")
        if drawn < return_rate:
            code = _drawn(_RETURNS.get(sec, _RETURNS["PPD"]), _part(f"{chance}|{trace}|code"))
            rows.append((entry, code, True))
        elif drawn < return_rate + notice_rate:
            rows.append((entry, _drawn(_NOTICES, _part(f"{chance}|{trace}|code")), False))
    fates = pl.DataFrame(rows, schema={"entry": pl.Int64, "code": pl.String, "returned": pl.Boolean}, orient="row")
    batch = whole.batches.select(
        "batch", "company_name", "company_id", "entry_description", "effective_entry_date", "odfi"
    )
    return fates.join(whole.entries, on="entry", how="left", maintain_order="left").join(
        batch, on="batch", how="left", maintain_order="left"
    )


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
                transaction_code=pl.col("transaction_code") - 1,  # 27 live to 26 returned, 37 to 36
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
    type_code = pl.when(pl.col("transaction_code") == 27).then(pl.lit("37")).otherwise(pl.lit("27"))
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


def _statement(whole: nacha.Nacha, fates: pl.DataFrame, name: str, date: dt.date) -> bytes:
    """A statement of the day: the file's settlement under its name, and each returned item with its trace."""
    head = whole.file.row(0, named=True)
    total = int(whole.batches["control_debit_cents"].sum()) - int(whole.batches["control_credit_cents"].sum())
    back = fates.filter("returned").select(
        account=pl.lit(0, pl.Int64),
        type_code=pl.lit(_RETURNED_ITEM),
        amount_cents="amount_cents",
        bank_reference="trace_number",
        customer_reference=pl.lit(name),
        text=pl.format("ACH RETURN {}", "code"),
    )
    settled = pl.DataFrame(
        {
            "account": [0],
            "type_code": [_ACH_SETTLEMENT],
            "amount_cents": [total],
            "bank_reference": [""],
            "customer_reference": [name],
            "text": ["ACH SETTLEMENT SIMULATED"],
        }
    )
    closing = total - int(back["amount_cents"].sum())
    return bai2.write(
        bai2.Statement(
            file=pl.DataFrame(
                {
                    "sender": [head["destination"]],
                    "receiver": ["DAYBOOK"],
                    "creation_date": [date],
                    "creation_time": ["0700"],
                    "file_id": ["1"],
                }
            ),
            groups=pl.DataFrame(
                {
                    "group": [0],
                    "receiver": ["DAYBOOK"],
                    "originator": [head["destination"]],
                    "status": ["1"],
                    "as_of_date": [date],
                    "currency": ["USD"],
                }
            ),
            accounts=pl.DataFrame(
                {
                    "account": [0],
                    "group": [0],
                    "account_number": [f"99{head['origin'].strip()[-8:]}"],
                    "currency": ["USD"],
                    "opening_ledger_cents": [0],
                    "closing_ledger_cents": [closing],
                }
            ),
            transactions=pl.concat([settled, back]),
        )
    )
