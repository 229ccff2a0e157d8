"""The invented bank answers what was delivered, the same way each time, and its answers close the circle."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path

from assets.banking.steps import settle
from assets.delivery.approval import approve
from assets.delivery.envelope import keyring_of
from assets.delivery.process import process
from assets.delivery.receive import receive
from assets.delivery.release import release
from assets.payments.originate import originate
from assets.steps import HOUSE, open_run, run_step
from pipelines.simulate.bank import answer
from resources.database import Logins
from resources.record import Record
from resources.vault import Vault
from tests.support.bank import BANK, accounts, attempt, look, trial_balance
from tests.support.counterparties import Counterparties
from tests.support.seed import night, seed

MEMBERS = 60
ANSWER_DAY = dt.date(2026, 10, 5)
MOMENT = dt.datetime(2026, 10, 1, 13, tzinfo=dt.UTC)


def test_the_circle_of_a_night(record: Record, vault: Vault, logins: Logins, counterparties: Counterparties) -> None:
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, *(f"4400{n:05d}" for n in range(MEMBERS))),
        payments__attempt=[attempt(n + 1, sec="CCD" if n % 7 == 0 else "PPD") for n in range(MEMBERS)],
    )
    run, partners = night(record), counterparties.partners
    step = functools.partial(originate, partners=partners, vault=vault)
    made = run_step(record, run, "payments.originate", step).totals
    (sha256,) = look(record, "SELECT sha256 FROM exchange.file")["sha256"]
    approve(Record(logins.releaser), 1, 1, sha256, "ruth")
    release(record, run, partners, vault, MOMENT)

    told = answer(counterparties.home, 7, ANSWER_DAY, return_rate=0.3, notice_rate=0.1)
    returns, notices = told[0]["returns"], told[0]["notices"]
    assert returns > 5
    assert notices > 2
    assert [t["verdict"] for t in told] == ["settled", "settled"]
    assert answer(counterparties.home, 7, ANSWER_DAY) == []  # once per delivered file
    clear = _answers(counterparties)
    for path in counterparties.box("outbox").iterdir():
        path.unlink()
    answer(counterparties.home, 7, ANSWER_DAY, return_rate=0.3, notice_rate=0.1)
    assert _answers(counterparties) == clear  # the same seed, the same words

    house = open_run(record, job="inbound", book=HOUSE, business_date=ANSWER_DAY)
    fresh = receive(record, house, partners, vault)
    posted, matched = (process(record, house, sha, partners, vault).totals for sha in fresh)
    assert (posted["returns"], posted["notices"], posted["exceptions"]) == (returns, notices, 0)
    # Two notices can't be about one account here, so each applies.
    assert posted["accounts_changed"] == notices
    assert matched == {"lines": 1 + returns, "matched": 1 + returns, "acknowledged": 1, "exceptions": 0}
    assert record.read("delivery/inbound_waiting").is_empty()
    back = posted["returned_cents"]
    total = made["ach_debit_cents"]
    assert trial_balance(record) == {1100: back - total, 1200: total - back}

    later = night(record, business_date=dt.date(2026, 10, 9))
    settled = run_step(record, later, "banking.settle", functools.partial(settle, partners=partners))
    assert settled.totals == {"settled": MEMBERS - returns, "settled_cents": total - back}
    assert trial_balance(record) == {1000: total - back, 1100: back - total}


def test_a_bank_refuses_what_does_not_add_up(counterparties: Counterparties) -> None:
    partner = counterparties.partners[BANK]
    golden = (Path(__file__).parent.parent / "payments" / "small.ach").read_bytes()
    # An amount that its batch control does not know.
    changed = golden.replace(b"000123456789     0000010001", b"000123456789     0000010002")
    with keyring_of(partner) as ring:
        message = ring.encrypt_and_sign(changed, partner.pgp.partner_fingerprint)
    (counterparties.box("inbox") / "X.txt.pgp").write_bytes(message)
    (told,) = answer(counterparties.home, 1, ANSWER_DAY)
    assert told["verdict"].startswith("refused: line 7: batch control says debits 10001, counted 10002")
    assert list(counterparties.box("outbox").iterdir()) == []


def _answers(world: Counterparties) -> dict[str, bytes]:
    """What the bank put out, as we read it."""
    partner = world.partners[BANK]
    with keyring_of(partner) as ring:
        return {
            path.name: ring.decrypt_verified(path.read_bytes(), partner.pgp.partner_fingerprint)
            for path in sorted(world.box("outbox").iterdir())
        }
