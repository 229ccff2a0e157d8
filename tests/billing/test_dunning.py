"""Overdue: the ladder by tables, and a lapse with its reinstatement over a real record, through what billing books."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from assets.billing.accounts import account
from assets.billing.consents import consent
from assets.billing.dunning import STEPS, laddered, reached
from assets.billing.memos import post_memos
from assets.billing.overdue import dun
from assets.billing.steps import charge
from assets.steps import Outcome, run_step
from formats.errors import GuardError
from resources.database import Logins
from resources.record import Record
from tests.support.seed import ONE_MEMBER, night, seed

D = dt.date
_STEP: dict[str, Any] = {
    "ladder": "std",
    "state": "",
    "after_months": 0,
    "template": "",
    "least_cents": 1,
    "needs_consent": True,
    "reinstate_days": 0,
    "keep_months": 0,
    "valid_from": D(2000, 1, 1),
}
LADDER: list[dict[str, Any]] = [
    {**_STEP, "step": 1, "after_days": 5, "action": "reminder", "template": "reminder"},
    {**_STEP, "step": 2, "after_days": 15, "action": "warning", "template": "warning"},
    {**_STEP, "step": 3, "after_days": 25, "action": "hold"},
    {**_STEP, "step": 4, "after_days": 31, "action": "lapse", "template": "lapsed", "reinstate_days": 30},
]
# Marketplace: three months of grace, and the first unpaid month stays in force.
MARKETPLACE: list[dict[str, Any]] = [
    {**_STEP, "ladder": "market", "step": 1, "after_months": 3, "after_days": 0, "action": "lapse", "keep_months": 1}
]


def rungs(*steps: dict[str, Any], **invoice: Any) -> pl.DataFrame:
    invoices = pl.DataFrame(
        [
            {
                "company_id": 1,
                "invoice_id": 7,
                "payer": 1,
                "group_code": "",
                "due_date": D(2027, 3, 1),
                "state": "ME",
                "open_cents": 21240,
                "ladder": "std",
                "binder": False,
                **invoice,
            }
        ]
    ).cast({"company_id": pl.Int32, "invoice_id": pl.Int64, "payer": pl.Int32})
    return laddered(invoices, pl.DataFrame(list(steps), schema=STEPS, orient="row"))


def done(*steps: int) -> pl.DataFrame:
    rows = [{"company_id": 1, "invoice_id": 7, "step": s} for s in steps]
    return pl.DataFrame(rows, schema={"company_id": pl.Int32, "invoice_id": pl.Int64, "step": pl.Int32})


def step(of: pl.DataFrame, before: pl.DataFrame, day: dt.date) -> list[int]:
    return reached(of, before, day)["step"].to_list()


@pytest.mark.parametrize(
    ("day", "before", "expected"),
    [
        (D(2027, 3, 5), [], []),
        (D(2027, 3, 6), [], [1]),
        (D(2027, 3, 6), [1], []),
        (D(2027, 3, 16), [1], [2]),
        (D(2027, 3, 31), [1, 2, 3], []),
        (D(2027, 4, 1), [1, 2, 3], [4]),
        (D(2027, 3, 20), [], [2]),  # late: the latest step, not three letters
        (D(2027, 3, 20), [3], []),  # a night made up for: a later one was there
        (D(2028, 1, 1), [4], []),  # after the last step nothing more
    ],
)
def test_each_step_comes_once_and_a_late_night_does_the_latest(
    day: dt.date, before: list[int], expected: list[int]
) -> None:
    assert step(rungs(*LADDER), done(*before), day) == expected


def test_below_the_threshold_and_when_cured_nothing_happens() -> None:
    costly = [{**s, "least_cents": 21241} for s in LADDER]
    assert step(rungs(*costly), done(), D(2027, 4, 1)) == []
    assert step(rungs(*LADDER, open_cents=0), done(), D(2027, 4, 1)) == []


def test_the_first_premium_has_no_grace() -> None:
    assert step(rungs(*LADDER, binder=True), done(), D(2027, 3, 1)) == []
    assert step(rungs(*LADDER, binder=True), done(), D(2027, 3, 2)) == [4]


def test_a_state_has_a_ladder_of_its_own_and_an_old_invoice_the_one_of_its_day() -> None:
    own = {**_STEP, "state": "ME", "step": 1, "after_days": 60, "action": "lapse"}
    assert step(rungs(*LADDER, own), done(), D(2027, 4, 15)) == []
    assert step(rungs(*LADDER, own, state="NY"), done(), D(2027, 4, 15)) == [4]
    newer = {**_STEP, "step": 1, "after_days": 2, "action": "reminder", "valid_from": D(2027, 3, 2)}
    assert step(rungs(*LADDER, newer), done(), D(2027, 3, 4)) == []
    assert step(rungs(*LADDER, newer, due_date=D(2027, 3, 2)), done(), D(2027, 3, 4)) == [1]


def test_three_months_of_grace_are_calendar_months() -> None:
    market = rungs(*MARKETPLACE, ladder="market", due_date=D(2027, 4, 1))
    assert step(market, done(), D(2027, 6, 30)) == []
    assert step(market, done(), D(2027, 7, 1)) == [1]


# Premium 212.40 a month, billed twelve days ahead; February was paid.
BOOK: dict[str, list[dict[str, Any]]] = {
    **ONE_MEMBER,
    "master__company": [{"bill_lead_days": 12}],
    "master__product": [{"dunning": "std"}],
    "master__price": [{"amount_cents": 21240, "vendor_cents": 15000, "commissionable_cents": 21240}],
    "master__subscription": [{"start_date": D(2027, 2, 1)}],
    "master__dunning_step": LADDER,
}
BILLED = (D(2027, 1, 20), D(2027, 2, 17), D(2027, 3, 20))


def go(record: Record, day: dt.date) -> dict[str, Outcome]:
    run = night(record, business_date=day)
    steps = {"billing.memos": post_memos, "billing.dunning": dun, "billing.charges": charge}
    out = {name: run_step(record, run, name, work) for name, work in steps.items()}
    assert all(not o.set_aside for o in out.values()), out
    return out


def pay(record: Record, invoice: int, cents: int, day: dt.date) -> None:
    """A draft that left on this day."""
    own = {"company_id": 1, "business_date": day, "account_code": "B1", "sec": "PPD", "attempt_no": 1}
    attempt = {"attempt_id": invoice, "invoice_id": invoice, "amount_cents": cents, "wanted_date": day}
    entry = {
        "entry_id": invoice,
        "file_id": 1,
        "batch_number": 1,
        "purpose": "premium",
        "source_id": invoice,
        "description": "PREMIUM",
        "transaction_code": 27,
        "account_id": 1,
        "amount_cents": cents,
        "individual_id": "M1",
        "trace_number": f"{invoice:015}",
        "effective_date": day,
        "journal_id": 1,
    }
    with record.step("pay", run_no=1, companies=[1], business_date=day) as tx:
        tx.append("payments.attempt", pl.DataFrame([{**own, **attempt}]))
        del own["account_code"]
        tx.append("payments.ach_entry", pl.DataFrame([{**own, **entry}]))


def look(record: Record, text: str) -> list[Any]:
    with record.step("look", run_no=0, companies=[1], business_date=D(2027, 4, 1)) as tx:
        return tx.select(text).rows()


def statement(record: Record, day: dt.date) -> dict[str, Any]:
    with record.step("look", run_no=0, companies=[1], business_date=day) as tx:
        return account(tx, "M1")


STANDING = "SELECT event, effective_date, business_date FROM billing.standing ORDER BY event_no"
HELD = "SELECT subscription_id FROM billing.on_payment_hold('2027-04-01')"
MAIL = "SELECT event_key, template, person_id FROM billing.mail ORDER BY mail_id"


def overdue(record: Record, **more: list[dict[str, Any]]) -> None:
    """February paid, March and April billed and not paid."""
    seed(record, **{**BOOK, **more})
    for day in BILLED:
        run_step(record, night(record, business_date=day), "billing.charges", charge)
    pay(record, 1, 21240, D(2027, 1, 28))


def allow(logins: Logins, kind: str, day: dt.date, *, granted: bool = True, actor: str = "bob") -> None:
    consent(Record(logins.releaser), 1, kind, 2, granted=granted, actor=actor, reason="looked at it", business_date=day)


def test_an_unpaid_march_is_reminded_held_and_lapsed_with_consent_and_both_months_are_reversed(
    record: Record, logins: Logins
) -> None:
    overdue(record)
    before = statement(record, D(2027, 4, 1))
    assert (before["balance_cents"], before["paid_to"]) == (42480, [{"subscription": "S1", "paid_to": D(2027, 3, 1)}])
    with pytest.raises(GuardError, match="waits for a consent"):
        allow(logins, "lapse", D(2027, 3, 20))
    for day in (D(2027, 3, 6), D(2027, 3, 16), D(2027, 3, 26)):
        go(record, day)
    assert look(record, HELD) == [(1,)]
    asked = go(record, D(2027, 4, 1))["billing.dunning"].totals
    assert (asked["lapses_asked"], asked["lapses"]) == (1, 0)
    with pytest.raises(GuardError, match="who asked"):
        allow(logins, "lapse", D(2027, 4, 1), actor="Night")
    allow(logins, "lapse", D(2027, 4, 1))
    out = go(record, D(2027, 4, 2))
    assert out["billing.charges"].totals["credited_cents"] == -42480
    assert look(
        record, "SELECT kind, cause, amount_cents FROM billing.line WHERE revision = 1 ORDER BY coverage_start"
    ) == [
        ("retro_term", "lapsed 2027-03-01", -21240),
        ("retro_term", "lapsed 2027-03-01", -21240),
    ]
    assert look(record, "SELECT effective_date FROM billing.standing WHERE event = 'lapse'") == [(D(2027, 3, 1),)]
    assert [row[0] for row in look(record, MAIL)] == ["reminder/2/1", "reminder/2/2", "reminder/2/4"]
    assert {row[2] for row in look(record, MAIL)} == {1}
    for day in (D(2027, 4, 1), D(2027, 4, 2)):
        assert all(o.rows == {} for o in go(record, day).values())
    assert statement(record, D(2027, 4, 3))["balance_cents"] == 0
    over = go(record, D(2027, 4, 3))["billing.dunning"].totals
    assert over["holds_over"] == 1
    # A night that is run again knows the hold of its own date, and not that it is over.
    for day in (D(2027, 3, 26), D(2027, 4, 1), D(2027, 4, 3)):
        assert all(o.rows == {} for o in go(record, day).values())
    assert look(record, HELD) == [(1,)]
    assert look(record, HELD.replace("-01'", "-03'")) == []
    assert look(record, "SELECT step FROM billing.dunning ORDER BY step") == [(1,), (2,), (3,), (4,)]


def test_a_lapse_that_is_refused_does_not_happen(record: Record, logins: Logins) -> None:
    overdue(record)
    go(record, D(2027, 4, 1))
    allow(logins, "lapse", D(2027, 4, 1), granted=False)
    assert go(record, D(2027, 4, 2))["billing.dunning"].totals["lapses"] == 0


@pytest.mark.parametrize("by", ["money", "word"])
def test_paid_within_the_window_coverage_goes_on_without_a_gap_and_is_charged_again(
    record: Record, logins: Logins, by: str
) -> None:
    at_once = [{**s, "needs_consent": False} for s in LADDER]
    overdue(record, master__dunning_step=at_once)
    assert go(record, D(2027, 4, 1))["billing.dunning"].totals["lapses"] == 1
    assert go(record, D(2027, 4, 2))["billing.dunning"].totals["reinstatements"] == 0
    if by == "money":
        pay(record, 2, 21240, D(2027, 4, 8))
        assert go(record, D(2027, 4, 9))["billing.dunning"].totals["reinstatements"] == 0  # a part is not enough
        pay(record, 3, 21240, D(2027, 4, 9))
    else:
        allow(logins, "reinstatement", D(2027, 4, 9))
    out = go(record, D(2027, 4, 10))
    assert out["billing.dunning"].totals["reinstatements"] == 1
    assert out["billing.charges"].totals["billed_cents"] == 42480
    assert look(record, "SELECT kind, amount_cents FROM billing.line WHERE revision = 2 ORDER BY coverage_start") == [
        ("retro_add", 21240),
        ("retro_add", 21240),
    ]
    if by == "money":
        after = statement(record, D(2027, 4, 11))
        assert (after["balance_cents"], after["paid_to"][0]["paid_to"]) == (0, D(2027, 5, 1))
    assert all(o.rows == {} for o in go(record, D(2027, 4, 10)).values())


def test_after_the_window_money_reinstates_nobody(record: Record) -> None:
    overdue(record, master__dunning_step=[{**s, "needs_consent": False, "reinstate_days": 5} for s in LADDER])
    go(record, D(2027, 4, 1))
    pay(record, 2, 42480, D(2027, 4, 8))
    assert go(record, D(2027, 4, 9))["billing.dunning"].totals["reinstatements"] == 0


def test_the_marketplace_keeps_the_first_unpaid_month(record: Record) -> None:
    overdue(
        record,
        master__product=[{"dunning": "market"}],
        master__dunning_step=[{**MARKETPLACE[0], "needs_consent": False}],
    )
    pay(record, 2, 21240, D(2027, 2, 25))
    for day in (D(2027, 4, 19), D(2027, 5, 20), D(2027, 6, 30)):
        assert go(record, day)["billing.dunning"].totals["lapses"] == 0
    assert go(record, D(2027, 7, 1))["billing.dunning"].totals["lapses"] == 1
    assert look(record, "SELECT effective_date FROM billing.standing") == [(D(2027, 5, 1),)]
    left = look(record, "SELECT coverage_start FROM billing.line GROUP BY 1 HAVING sum(amount_cents) <> 0 ORDER BY 1")
    assert left == [(D(2027, month, 1),) for month in (2, 3, 4)]


def test_without_a_ladder_nothing_is_read_or_done(record: Record) -> None:
    overdue(record, master__product=[{}])
    assert go(record, D(2027, 4, 1))["billing.dunning"].rows == {}
