"""Keys that come to their end: alarms in time, once each; nothing leaves with one that has."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import polars as pl
import pytest

from assets.delivery.approval import approve
from assets.delivery.keys import KEYS, alarms, keys_of
from assets.delivery.release import release
from formats.errors import SettingsError
from resources.partners import load_partner
from resources.pgp import key_expiry, make_keypair
from tests.delivery.conftest import MOMENT, Desk
from tests.delivery.files import put
from tests.delivery.test_release import states
from tests.support.bank import BANK, bank, look
from tests.support.counterparties import Counterparties
from tests.support.seed import night, seed

DAY = dt.date(2026, 3, 1)


def keys(*days: int | None) -> pl.DataFrame:
    ends = [None if n is None else DAY + dt.timedelta(days=n) for n in days]
    rows = [("evergreen", "their", f"{number:040d}", end) for number, end in enumerate(ends)]
    return pl.DataFrame(rows, schema=KEYS, orient="row")


@pytest.mark.parametrize(
    ("left", "limit"),
    [(400, None), (31, None), (30, 30), (15, 30), (14, 14), (8, 14), (7, 7), (1, 7), (0, 0), (-9, 0), (None, None)],
)
def test_the_nearest_limit_is_raised(left: int | None, limit: int | None) -> None:
    raised = alarms(keys(left), DAY)
    assert raised["key"].to_list() == ([] if limit is None else [f"pgp_expiry/evergreen/{0:016d}/{limit}"])


def test_each_key_is_raised_four_times_in_its_last_month_and_never_again() -> None:
    told = [alarms(keys(40), DAY + dt.timedelta(days=n)) for n in range(100)]
    assert pl.concat(told)["key"].unique(maintain_order=True).to_list() == [
        f"pgp_expiry/evergreen/{0:016d}/{limit}" for limit in (30, 14, 7, 0)
    ]
    [before] = told[30]["detail"].to_list()
    assert before == (
        "their PGP key for evergreen expires on 2026-04-10, in 10 days: agree on a new one with the partner"
    )
    [after] = told[99]["detail"].to_list()
    assert "expired on 2026-04-10: nothing is sent" in after


def test_the_keys_of_the_partners_are_read_from_their_files(counterparties: Counterparties) -> None:
    found = keys_of(counterparties.partners.values())
    assert found.height == 2 * len(counterparties.partners)
    assert found["expires"].null_count() == 0
    there = counterparties.partners[BANK]
    until = key_expiry(there.pgp.partner_public_key.read_bytes())
    assert until is not None
    mine = found.filter(pl.col("fingerprint") == there.pgp.partner_fingerprint)
    assert mine.rows() == [(BANK, "their", there.pgp.partner_fingerprint, until.date())]
    gone = there.pgp.model_copy(update={"partner_public_key": there.pgp.partner_public_key / "gone"})
    assert keys_of([there.model_copy(update={"pgp": gone})])["whose"].to_list() == ["our"]


def test_a_key_may_have_no_end() -> None:
    assert key_expiry(make_keypair("Forever", expires="0").public_armor) is None


def waiting(desk: Desk) -> bytes:
    """An approved file without a cut-off; its bytes."""
    seed(desk.record, master__book=[{}], master__company=[{}])
    data = put(desk.record, desk.vault)
    approve(desk.releaser, 1, 1, hashlib.sha256(data).digest(), "ruth")
    return data


@pytest.mark.parametrize("packed", [False, True])
def test_nothing_leaves_for_a_key_that_has_expired(desk: Desk, packed: bool) -> None:
    """Also not what was encrypted while it was good and could not be sent then."""
    data = waiting(desk)
    there = desk.world.partners[BANK]
    run = night(desk.record)
    if packed:
        nowhere = there.model_copy(update={"sftp": there.sftp.model_copy(update={"port": 9})})
        assert release(desk.record, run, {BANK: nowhere}, desk.vault, MOMENT).totals["files_failed"] == 1
    until = key_expiry(there.pgp.partner_public_key.read_bytes())
    assert until is not None
    assert desk.send(until).totals["files_failed"] == 1
    assert "the partner's PGP key expired on" in states(desk.record)[-1][1]
    assert list(desk.world.box("inbox").iterdir()) == []
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {"f1.txt.pgp": data}


@pytest.mark.parametrize("armor", [False, True])
def test_armor_is_a_wish_of_the_profile(desk: Desk, armor: bool) -> None:
    data = waiting(desk)
    there = desk.world.partners[BANK]
    wish = there.model_copy(update={"pgp": there.pgp.model_copy(update={"armor": armor})})
    assert release(desk.record, night(desk.record), {BANK: wish}, desk.vault, MOMENT).totals["files_sent"] == 1
    wire = (desk.world.box("inbox") / "f1.txt.pgp").read_bytes()
    assert wire.startswith(b"-----BEGIN PGP MESSAGE-----") == armor
    assert not wire.isascii() or armor
    assert desk.world.opened() == {"f1.txt.pgp": data}


def test_a_partner_taken_off_the_allow_list_gets_nothing(desk: Desk) -> None:
    data = waiting(desk)
    path = desk.world.home.allow_list
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace(f"[endpoints.{BANK}]", "[endpoints.somebody-else]"), encoding="utf-8")
        assert desk.send().totals["files_failed"] == 1
        assert "not on the allow-list; nothing was connected" in states(desk.record)[-1][1]
        path.unlink()
        assert desk.send().totals["files_failed"] == 1
        assert "no file is exchanged with anybody" in states(desk.record)[-1][1]
        assert look(desk.record, "SELECT 1 FROM exchange.parcel").is_empty()
    finally:
        path.write_text(text, encoding="utf-8")
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {"f1.txt.pgp": data}


def test_a_profile_can_not_admit_itself(tmp_path: Path, desk: Desk) -> None:
    text = (desk.world.home.partners / f"{BANK}.toml").read_text(encoding="utf-8")
    path = tmp_path / f"{BANK}.toml"
    path.write_text(text.replace("[sftp]", '[sftp]\nnetworks = ["0.0.0.0/0"]'), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"sftp\.networks: Extra inputs are not permitted"):
        load_partner(path)
    # Nor one that was not read from a folder with an allow-list beside it.
    with pytest.raises(SettingsError, match="allow-list beside it"):
        bank()[BANK].door()
