"""The invented bank answers what was delivered, the same way each time, and its answers close the circle."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path

import pytest

from assets.banking.steps import settle
from assets.delivery.approval import approve
from assets.delivery.envelope import keyring_of
from assets.delivery.process import process
from assets.delivery.receive import receive
from assets.delivery.release import release
from assets.payments.originate import originate
from assets.payments.reversals import reverse
from assets.steps import HOUSE, open_run, run_step
from pipelines.simulate.bank import answer, answer_to
from resources.database import Logins
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.support.bank import BANK, accounts, attempt, look, trial_balance
from tests.support.counterparties import Counterparties
from tests.support.desk import Desk, opened
from tests.support.seed import DAY, night, seed

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


@pytest.mark.parametrize("balanced", ["none", "batch"])
def test_the_bank_answers_prenotes_payments_reversals_and_levelled_files(
    logins: Logins, vault: Vault, balanced: str
) -> None:
    terms = {"balanced": balanced, "offset_account": "OWN" if balanced != "none" else ""}
    desk = opened(logins, vault, count=12, payout_days=(9,), prenote="new", **terms)
    desk.own_account("OWN", routing="011000015")
    desk.night()
    desk.send()
    with desk.transaction() as tx:
        reverse(tx, desk.partners, file=1, grounds="duplicate", actor="rita", reason="drafted by hand, too")
    seed(desk.record, master__bank_account=[{**accounts(vault, "4499")[0], "account_id": 90, "code": "NEW",
         "given_on": DAY, "person_id": 1}], master__subscription=[{"subscription_id": 90, "code": "S90",
         "account_code": "NEW", "start_date": dt.date(2026, 12, 1)}])  # fmt: skip
    desk.night(dt.date(2026, 10, 2))
    desk.send()
    desk.night(dt.date(2026, 10, 9))
    desk.send()
    assert {e["purpose"] for e in desk.entries()} == {"premium", "reversal", "prenote", "commission", "remittance"}
    desk.day = dt.date(2026, 10, 13)
    whole = _all_answered(desk, vault)
    assert whole["exceptions"] == 0
    assert whole["acknowledged"] == whole["files"] == 3
    assert whole["returns"] > 5
    codes = desk.look("SELECT DISTINCT e.transaction_code, r.code FROM returns.returned r JOIN payments.ach_entry e "
                      "USING (company_id, entry_id) ORDER BY 1, 2").rows()  # fmt: skip
    assert all(code in ("R02", "R03", "R04", "R23") for side, code in codes if side in (22, 32))
    desk.prove()


def _all_answered(desk: Desk, vault: Vault) -> dict[str, int]:
    """Every sent file is answered and the answers are worked through; what came of it, summed."""
    out: dict[str, int] = {"files": 0}
    files = desk.look(
        "SELECT f.name, c.sealed FROM exchange.file f JOIN exchange.content c USING (company_id, file_id)"
    )
    for name, sealed in files.iter_rows():
        data = vault.open_bytes(1, FILE_OUT, sealed)
        told = answer_to(data, name, f"3|{name}", desk.day, return_rate=0.4, notice_rate=0.1)
        assert told.verdict == "settled"
        out["files"] += 1
        for part in (told.back, told.statement):
            if part is not None:
                for key, value in desk.takes(part).totals.items():
                    out[key] = out.get(key, 0) + value
    return out


def _answers(world: Counterparties) -> dict[str, bytes]:
    """What the bank put out, as we read it."""
    partner = world.partners[BANK]
    with keyring_of(partner) as ring:
        return {
            path.name: ring.decrypt_verified(path.read_bytes(), partner.pgp.partner_fingerprint)
            for path in sorted(world.box("outbox").iterdir())
        }
