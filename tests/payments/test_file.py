"""A file's bytes and their proof: any digit that changes is caught, by each road or by all of them together."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import polars as pl
import pytest

from assets.payments.file import ach_file, meant, profile, receiving_name
from assets.payments.proof import SUMS, differences, prove
from formats import nacha
from formats.errors import FormatError, GuardError

HEAD: dict[str, Any] = {
    "destination": "011000015",
    "destination_name": "FIRST HARBOR BANK",
    "origin": "1123456789",
    "origin_name": "DAYBOOK",
    "business_date": dt.date(2026, 10, 1),
    "sequence": 1,
    "company_name": "HARBOR PLANS",
    "ach_company_id": "1123456789",
    "odfi": "01100001",
    "line_end": "crlf",
    "blocking": True,
    "relaxed": "",
    "offset_per": None,
}
OFFSET = {"offset_routing": "011000015", "offset_type": "savings", "offset_name": "Harbor Plåns", "account": "4711"}


def entries(*changes: dict[str, Any]) -> pl.DataFrame:
    usual = {
        "batch_number": 1,
        "sec": "PPD",
        "description": "PREMIUM",
        "effective_date": dt.date(2026, 10, 2),
        "transaction_code": 27,
        "routing": "011000015",
        "account": "0001234",
        "amount_cents": 50_012,
        "individual_id": "7",
        "holder_name": "Ann Sample",
        "addenda": "",
    }
    rows = [{**usual, **more, "trace_number": f"01100001{n:07d}"} for n, more in enumerate(changes, start=1)]
    return pl.DataFrame(rows)


WORLD = entries(
    {},
    {"amount_cents": 9_901, "individual_id": "8", "account": "77-0009", "routing": "021000021"},
    {"batch_number": 2, "sec": "CCD", "transaction_code": 22, "description": "REMITTANCE", "amount_cents": 123_456,
     "addenda": "RMR*IV*2026-09", "holder_name": "Evergreen Health"},
    {"batch_number": 3, "transaction_code": 28, "amount_cents": 0, "individual_id": "9",
     "effective_date": dt.date(2026, 10, 5)},
)  # fmt: skip


def sums(data: bytes) -> dict[str, int]:
    found = nacha.totals(data)
    return {name: getattr(found, name) for name in SUMS}


@pytest.mark.parametrize(("offset_per", "every"), [(None, 1), ("batch", 9), ("file", 9)])
def test_flipping_any_digit_is_caught(offset_per: str | None, every: int) -> None:
    head = HEAD | OFFSET | {"offset_per": offset_per, "blocking": False}
    rows = WORLD if offset_per else WORLD[1:3]
    data, frames, how = ach_file(head, rows), meant(head, rows), profile(head)
    recorded, kept = sums(data), hashlib.sha256(data).digest()
    prove(data, frames, recorded, how, "whole")
    digits = [at for at, byte in enumerate(data) if chr(byte).isdigit()]
    assert len(digits) > 300
    by_totals = 0
    for at in digits[::every]:
        changed = bytearray(data)
        changed[at] = ord("0") + (changed[at] - ord("0") + 1 + at % 8) % 10
        flipped = bytes(changed)
        assert flipped != data
        assert hashlib.sha256(flipped).digest() != kept  # release compares with the registered sha256
        try:
            by_totals += sums(flipped) != recorded or not nacha.totals(flipped).agrees
        except FormatError:
            by_totals += 1
        with pytest.raises((GuardError, FormatError)):
            prove(flipped, frames, recorded, how, "flipped")
    # The totals alone see what moves money: amounts, routing numbers, codes, counts. Not accounts, names, dates.
    assert by_totals > len(digits[::every]) // 3


def test_padding_is_proved_too() -> None:
    data = ach_file(HEAD, WORLD)
    at = data.rindex(b"9" * 94) + 40
    changed = data[:at] + b"8" + data[at + 1 :]
    with pytest.raises((GuardError, FormatError)):
        prove(changed, meant(HEAD, WORLD), sums(data))


def test_entries_of_the_record_and_of_the_bytes_must_be_the_same() -> None:
    data = ach_file(HEAD, WORLD)
    for name in SUMS:
        with pytest.raises(GuardError, match=f"{name} .* in the file, .* in the record"):
            prove(data, meant(HEAD, WORLD), sums(data) | {name: 1}, where="x")
    other = WORLD.with_columns(account=pl.lit("0001235"))
    with pytest.raises(GuardError, match="account of entries, line 3") as caught:
        prove(data, meant(HEAD, other), sums(data), where="HARBOR.txt")
    assert "0001235" not in str(caught.value)
    short = WORLD.head(2)
    assert differences(nacha.read(data), nacha.completed(meant(HEAD, short))) == "3 batches instead of 1"
    assert differences(nacha.read(data), nacha.completed(meant(HEAD, WORLD), profile(HEAD))) == ""


@pytest.mark.parametrize(
    ("per", "added"),
    [
        ("batch", [(1, 32, 59_913), (2, 37, 123_456)]),
        ("file", [(4, 37, 63_543)]),
    ],
)
def test_balanced_files_level_a_batch_or_the_day_on_the_company_s_own_account(
    per: str, added: list[tuple[int, int, int]]
) -> None:
    data = ach_file(HEAD | OFFSET | {"offset_per": per}, WORLD)
    read = nacha.read(data)
    own = read.entries.filter(pl.col("account") == "4711")
    numbers = read.batches["batch_number"].gather(own["batch"])
    assert list(zip(numbers, own["transaction_code"], own["amount_cents"], strict=True)) == added
    assert set(own["name"]) == {"Harbor Plans"}
    found = nacha.totals(data)
    assert found.debit_cents == found.credit_cents
    assert nacha.check(read).filter(severity="error").is_empty()
    # Traces go on behind the last, as many as were kept free.
    assert own["trace_number"].to_list() == [f"01100001{n:07d}" for n in range(5, 5 + len(added))]


def test_a_file_of_another_modifier_line_end_and_blocking() -> None:
    data = ach_file(HEAD | {"sequence": 36, "line_end": "lf", "blocking": False, "ach_company_id": "9000000001"}, WORLD)
    read = nacha.read(data)
    assert read.file["modifier"].item() == "9"
    assert b"\r" not in data
    assert len(data.splitlines()) == 2 + 4 + 1 + 2 * 3
    assert set(read.batches["company_id"]) == {"9000000001"}
    assert read.file["origin"].item() == "1123456789"


def test_ctx_names_are_shorter_and_recurring_debits_say_so() -> None:
    rows = entries(
        {"sec": "CTX", "transaction_code": 22, "holder_name": "Evergreen Health Company", "addenda": "RMR*IV*1"},
        {"batch_number": 2, "sec": "WEB", "holder_name": "Zoë Ångström-Fernández y Müller"},
        {"batch_number": 3, "sec": "TEL"},
    )
    data = ach_file(HEAD, rows)
    read = nacha.read(data)
    assert read.entries["name"].to_list() == ["Evergreen Health", "Zoe Angstrom-Fernandez", "Ann Sample"]
    assert read.entries["discretionary"].to_list() == ["", "R", "R"]
    assert read.addenda["payment_text"].to_list() == ["RMR*IV*1"]
    prove(data, meant(HEAD, rows), sums(data))


def test_a_bank_s_known_deviation_is_named_in_the_head() -> None:
    rows = entries({"description": "RETRY PYMT", "transaction_code": 22})  # only debits are tried again
    with pytest.raises(FormatError, match=r"nacha\.batch\.retry"):
        ach_file(HEAD, rows)
    head = HEAD | {"relaxed": "nacha.batch.retry"}
    data = ach_file(head, rows)
    prove(data, meant(head, rows), sums(data), profile(head))
    with pytest.raises(GuardError, match="breaks the standard"):
        prove(data, meant(head, rows), sums(data))


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Zoë Ångström", "Zoe Angstrom"),
        ("Łukasz Groß", "Lukasz Gross"),
        ("Ann  Sample", "Ann Sample"),
        ("李 Wei", "Wei"),
        ("A very long name of a company Ltd", "A very long name of a"),
    ],
)
def test_names_become_plain(name: str, sent: str) -> None:
    assert pl.DataFrame({"n": [name]}).select(receiving_name("n")).item() == sent
