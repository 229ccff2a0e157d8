"""Balanced files: what is levelled, with whom, and that levelling twice changes nothing."""

from datetime import date

import pytest

from formats.errors import FormatError
from formats.nacha import Nacha, Offset, Profile, check, completed, read, totals, write
from tests.formats.nacha.build import ODFI, answered, batch, entry, iat_batch, iat_entry, iat_parties, nacha

ACCOUNT = Offset(rdfi="12104288", account="99887766", name="ACME BENEFITS")
PER_BATCH = Profile(offset=ACCOUNT)
PER_FILE = Profile(offset=Offset(rdfi="12104288", account="99887766", name="ACME BENEFITS", per="file"))


def mixed() -> Nacha:
    return nacha(
        [batch(), batch(sec="CTX", entry_description="VENDOR"), batch()],
        [entry(1), entry(2), entry(3, batch=1, transaction_code=22, amount_cents=900), entry(4, batch=2)],
        [
            {"entry": 0, "kind": "05", "payment_text": "a"},
            {"entry": 2, "kind": "05", "payment_text": "b"},
            {"entry": 2, "kind": "05", "payment_text": "c"},
        ],
    )


def offsets(found: Nacha) -> list[tuple[int, int, int]]:
    own = found.entries.filter(account="99887766")
    return own.select("batch", "transaction_code", "amount_cents").rows()


def test_per_batch_each_uneven_batch_is_levelled_and_addenda_stay_with_their_entries() -> None:
    found = read(write(mixed(), PER_BATCH))
    assert offsets(found) == [(0, 22, 5000), (1, 27, 900), (2, 22, 2500)]
    assert found.batches["service_class"].to_list() == [200, 200, 200]
    assert found.addenda.select("entry", "payment_text").rows() == [(0, "a"), (3, "b"), (3, "c")]
    assert found.file.select("control_debit_cents", "control_credit_cents").rows() == [(8400, 8400)]
    assert check(found, PER_BATCH).is_empty()


def test_per_file_one_batch_of_its_own_levels_the_file() -> None:
    found = read(write(mixed(), PER_FILE))
    assert offsets(found) == [(3, 22, 6600)]
    own = found.batches.row(3, named=True)
    assert (own["sec"], own["entry_description"], own["service_class"]) == ("CCD", "OFFSET", 220)
    assert (own["company_id"], own["odfi"], own["batch_number"]) == ("1121042882", ODFI, 4)
    assert own["effective_entry_date"] == date(2026, 3, 3)
    assert found.batches["service_class"].to_list()[:3] == [225, 220, 225]
    assert found.addenda["entry"].to_list() == [0, 2, 2]
    assert check(found, PER_FILE).is_empty()
    assert totals(write(mixed(), PER_FILE)).agrees


def test_per_file_each_settlement_day_is_levelled_for_itself() -> None:
    later = date(2026, 3, 4)
    whole = nacha([batch(), batch(effective_entry_date=later)], [entry(1), entry(2, batch=1, transaction_code=22)])
    found = read(write(whole, PER_FILE))
    assert offsets(found) == [(2, 22, 2500), (3, 27, 2500)]
    assert found.batches["effective_entry_date"].to_list()[2:] == [date(2026, 3, 3), later]


@pytest.mark.parametrize("profile", [PER_BATCH, PER_FILE], ids=["batch", "file"])
def test_levelling_twice_changes_nothing(profile: Profile) -> None:
    once = write(mixed(), profile)
    assert write(read(once), profile) == once


@pytest.mark.parametrize("profile", [PER_BATCH, PER_FILE], ids=["batch", "file"])
def test_an_entry_that_merely_has_the_name_of_an_offset_is_none(profile: Profile) -> None:
    named = nacha(entries=[entry(1), entry(2, transaction_code=22, amount_cents=100, name="OFFSET")])
    found = completed(named, profile)
    assert found.entries.filter(account="99887766")["amount_cents"].to_list() == [2400]


@pytest.mark.parametrize("profile", [PER_BATCH, PER_FILE], ids=["batch", "file"])
def test_answers_are_never_levelled(profile: Profile) -> None:
    assert write(answered(), profile) == write(answered())


def test_international_batches_are_levelled_by_the_file_only() -> None:
    whole = nacha([iat_batch()], [iat_entry(1)], iat_parties(at=0))
    with pytest.raises(FormatError, match=r"nacha\.write\.offset"):
        write(whole, PER_BATCH)
    found = read(write(whole, PER_FILE))
    assert offsets(found) == [(1, 22, 2500)]
    assert found.batches["company_name"].to_list() == ["", "ACME BENEFITS"]
    assert check(found).is_empty()


def test_a_batch_that_may_not_hold_the_offset_is_refused_not_bent() -> None:
    with pytest.raises(FormatError, match="TEL does not allow a credit"):
        write(nacha([batch(sec="TEL")], [entry(1)]), PER_BATCH)
    assert offsets(read(write(nacha([batch(sec="TEL")], [entry(1)]), PER_FILE))) == [(1, 22, 2500)]


def test_offset_account_types() -> None:
    for kind, code in (("savings", 32), ("ledger", 42)):
        own = Offset(rdfi="12104288", account="1", name="ACME", account_type=kind)  # type: ignore[arg-type]
        assert completed(nacha(), Profile(offset=own)).entries["transaction_code"].to_list() == [27, code]
