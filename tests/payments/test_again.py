"""What follows from a return: retries, new series after a cure, and what the rules refuse."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from assets.payments.accounts import ABOUT_THE_ACCOUNT, FACTS, TERMS, VERSIONS, account_states
from assets.payments.again import RETURNED, cure_refusal
from assets.payments.attempts import GROUPS, HELD, OPEN, PAYS_FOR, Plan, Sources, plan
from assets.payments.credits import CREDITS
from assets.payments.splits import METHODS
from tests.payments.test_accounts import fact, version

DAY = dt.date(2026, 10, 15)
BACK_ON = dt.date(2026, 10, 5)
TERM = pl.DataFrame([(1, "never", 0, 0, 0)], schema=TERMS, orient="row")
OLD, NEW = version(given_on=None), version(2, account_blind=b"two", given_on=DAY)


def came_back(code: str = "R01", **more: Any) -> dict[str, Any]:
    retry = code in ("R01", "R09")
    row = {
        "company_id": 1, "invoice_id": 7, "payer": 1, "group_code": "", "kind": "individual", "payer_part": 1,
        "series": 1, "attempt_no": 1, "account_code": "B1", "account_id": 1, "sec": "PPD", "amount_cents": 5_000,
        "open_cents": 5_000, "entry_id": 70, "code": code, "returned_on": BACK_ON, "retry_on": DAY if retry else None,
        "first_effective": dt.date(2026, 10, 2), "same_name": True, "cause": None,
    }  # fmt: skip
    return row | more


def planned(
    returned: list[dict[str, Any]],
    versions: list[dict[str, Any]] | None = None,
    facts: list[dict[str, Any]] | None = None,
    *,
    day: dt.date = DAY,
    credit: int = 0,
    names: str | None = "B1",
    methods: list[tuple[Any, ...]] | None = None,
    groups: list[tuple[Any, ...]] | None = None,
    held: bool = False,
) -> Plan:
    stops = [fact("stopped", BACK_ON, 1, r["code"]) for r in returned if r["code"] not in ("R01", "R09")]
    book = account_states(
        day,
        pl.DataFrame(versions or [OLD], schema=VERSIONS),
        pl.DataFrame(stops if facts is None else facts, schema=FACTS),
        TERM,
    )
    return plan(
        day,
        opened=pl.DataFrame(schema=OPEN),
        returned=pl.DataFrame(returned, schema=RETURNED),
        credit=pl.DataFrame([(1, 3, 1, "", credit)] if credit else [], schema=CREDITS, orient="row"),
        held=pl.DataFrame([(1, 7)] if held else [], schema=HELD, orient="row"),
        sources=Sources(
            pays_for=pl.DataFrame([(1, 7, "S1", names)], schema=PAYS_FOR, orient="row"),
            methods=pl.DataFrame(methods or [], schema=METHODS, orient="row"),
            groups=pl.DataFrame(groups or [], schema=GROUPS, orient="row"),
            book=book,
        ),
    )


def asked(made: Plan) -> list[tuple[Any, ...]]:
    """series, attempt number, account, cents, SEC, cures."""
    return made.attempts.select("series", "attempt_no", "account_code", "amount_cents", "sec", "cures").rows()


def why(made: Plan) -> list[str]:
    return made.quarantined["rule"].to_list()


@pytest.mark.parametrize("code", ABOUT_THE_ACCOUNT)
def test_an_account_that_was_wrong_is_drafted_anew_when_it_is_corrected(code: str) -> None:
    assert asked(planned([came_back(code)])) == []  # nothing is known to be better
    assert asked(planned([came_back(code)], [OLD, version(2, given_on=DAY)])) == []  # the same number again
    assert asked(planned([came_back(code)], [OLD, NEW])) == [(2, 1, "B1", 5_000, "PPD", 70)]
    second = version(2, account_code="B2", version=1, account_blind=b"two", authorised="web")
    assert asked(planned([came_back(code)], [OLD, second])) == []
    web = planned([came_back(code)], [OLD, second], names="B2")  # the payer's other account
    assert asked(web) == [(2, 1, "B2", 5_000, "WEB", 70)]
    proof = [fact("stopped", BACK_ON, 1, code), fact("validated", DAY, 2)]
    assert asked(planned([came_back(code)], facts=proof)) == [(2, 1, "B1", 5_000, "PPD", 70)]
    stopped = [fact("stopped", BACK_ON, 1, code), fact("stopped", DAY, 3, "R16", account=2)]
    assert asked(planned([came_back(code)], [OLD, NEW], stopped)) == []


@pytest.mark.parametrize("code", ["R01", "R09"])
def test_a_retry_keeps_everything(code: str) -> None:
    assert asked(planned([came_back(code)])) == [(1, 2, "B1", 5_000, "PPD", None)]
    assert asked(planned([came_back(code, attempt_no=2, sec="WEB", series=3)])) == [(3, 3, "B1", 5_000, "WEB", None)]
    assert asked(planned([came_back(code, attempt_no=3)])) == []
    assert asked(planned([came_back(code)], names="B2")) == [(1, 2, "B1", 5_000, "PPD", None)]
    noticed = version(2, account_blind=b"two", source="C01", given_on=None)
    assert asked(planned([came_back(code)], [OLD, noticed])) == [(1, 2, "B1", 5_000, "PPD", None)]


@pytest.mark.parametrize(
    ("returned", "more", "rule"),
    [
        (came_back(), {"versions": [OLD, NEW]}, "account_changed"),
        (came_back(), {"facts": [fact("stopped", BACK_ON, 1, "R10")]}, "account_stopped"),
        (came_back(), {"versions": [version(closed_on=BACK_ON)]}, "account_stopped"),
        (came_back(same_name=False), {}, "name_changed"),
        (came_back(open_cents=4_999), {}, "amount_changed"),
        (came_back(first_effective=dt.date(2026, 4, 17)), {}, "retry_too_late"),
        (came_back("R10", cause="new_approval"), {}, "account_stopped"),  # the cure's own fact is missing
        (came_back("R16", cause="new_approval"),
         {"facts": [fact("stopped", BACK_ON, 1, "R16"), fact("cured", DAY, 2, "R16")]}, "account_stopped"),
        (came_back("R11", cause="corrected", returned_on=dt.date(2026, 8, 15)), {"facts": []}, "correction_too_late"),
        (came_back("R03", series=9), {"versions": [OLD, NEW]}, "series_spent"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named(returned: dict[str, Any], more: dict[str, Any], rule: str) -> None:
    made = planned([returned], **more)
    assert (asked(made), why(made)) == ([], [rule])


def test_the_last_day_of_each_window_still_counts() -> None:
    assert asked(planned([came_back(first_effective=dt.date(2026, 4, 18))]))
    on_time = came_back("R11", cause="corrected", returned_on=dt.date(2026, 8, 16))
    assert asked(planned([on_time], facts=[])) == [(2, 1, "B1", 5_000, "PPD", 70)]


@pytest.mark.parametrize("code", ["R07", "R08", "R10", "R11", "R29", "R05"])
def test_a_new_approval_begins_a_new_series(code: str) -> None:
    cured = [fact("stopped", BACK_ON, 1, code), fact("cured", DAY, 2, code)]
    assert asked(planned([came_back(code)], facts=cured[:1])) == []
    assert asked(planned([came_back(code, cause="new_approval")], facts=cured)) == [(2, 1, "B1", 5_000, "PPD", 70)]


def test_a_new_approval_after_three_tries_begins_again() -> None:
    made = planned([came_back(attempt_no=3, retry_on=None, cause="new_approval")])
    assert asked(made) == [(2, 1, "B1", 5_000, "PPD", 70)]


def test_credit_pays_first_what_is_drafted_anew_but_not_what_is_retried() -> None:
    made = planned([came_back("R03")], [OLD, NEW], credit=1_200)
    assert made.uses["amount_cents"].to_list() == [1_200]
    assert asked(made) == [(2, 1, "B1", 3_800, "PPD", 70)]
    assert asked(planned([came_back("R03")], [OLD, NEW], credit=9_000)) == []
    assert planned([came_back()], credit=1_200).uses.is_empty()


def test_parts_of_one_invoice_go_their_own_ways() -> None:
    parts = [(1, 1, 1, "B1", Decimal(60), None), (1, 1, 2, "B2", Decimal(40), None)]
    second = version(2, account_code="B2", version=1, account_blind=b"two")
    fixed = version(3, account_code="B2", version=2, account_blind=b"three")
    returned = [
        came_back(amount_cents=3_000),
        came_back("R03", payer_part=2, account_code="B2", account_id=2, amount_cents=2_000, entry_id=71),
    ]
    facts = [fact("stopped", BACK_ON, 1, "R03", account=2)]
    made = planned(returned, [OLD, second, fixed], facts, methods=parts)
    assert asked(made) == [(1, 2, "B1", 3_000, "PPD", None), (2, 1, "B2", 2_000, "PPD", 71)]
    less = planned(returned, [OLD, second, fixed], facts, methods=parts, credit=500)
    assert asked(less) == [(1, 2, "B1", 3_000, "PPD", None), (2, 1, "B2", 1_500, "PPD", 71)]


@pytest.mark.parametrize(
    ("code", "cause", "days", "says"),
    [
        ("R03", "corrected", 1, "load the right one"),
        ("R02", "new_approval", 1, "load the right one"),
        ("R07", "corrected", 1, "needs a new approval"),
        ("R08", "corrected", 1, "needs a new approval"),
        ("R11", "corrected", 60, ""),
        ("R11", "corrected", 61, "within 60 days"),
        ("R11", "new_approval", 61, ""),
        ("R07", "new_approval", 300, ""),
        ("R22", "corrected", 1, ""),
        ("R01", "new_approval", 1, ""),
        ("R97", "corrected", 1, "needs a new approval"),
    ],
)
def test_which_cures_are_taken(code: str, cause: str, days: int, says: str) -> None:
    said = cure_refusal(code, cause, BACK_ON, BACK_ON + dt.timedelta(days=days))
    assert (says in said) if says else said == ""


def test_a_payment_hold_puts_off_what_came_back_and_loses_nothing() -> None:
    mended = [OLD, NEW]
    for returned, versions in ((came_back(), [OLD]), (came_back("R03"), mended)):
        waiting = planned([returned], versions, held=True)
        assert (asked(waiting), why(waiting), waiting.held.rows()) == ([], [], [(1, 7)])
        over = planned([returned], versions, day=DAY + dt.timedelta(days=40))
        assert (len(asked(over)), over.held.rows()) == (1, [])
    early = planned([came_back()], held=True, day=DAY - dt.timedelta(days=1))  # nothing would be asked for anyhow
    assert early.held.is_empty()
    # A hold names no faults, and credit still pays what is not tried again.
    assert why(planned([came_back(same_name=False)], held=True)) == []
    paid = planned([came_back("R03")], mended, credit=5_000, held=True)
    assert (paid.uses["amount_cents"].to_list(), paid.held.rows()) == ([5_000], [])


def test_what_came_back_is_drafted_anew_from_where_its_payer_pays_today() -> None:
    whose = version(2, account_code="A0", version=1, account_blind=b"two")
    assert asked(planned([came_back("R03")], [OLD, whose], names=None)) == [(2, 1, "A0", 5_000, "PPD", 70)]
    company = [version(n, account_code=code, version=1, account_blind=code.encode(), person_id=None)
               for n, code in ((1, "B1"), (2, "G"))]  # fmt: skip
    bill = {"payer": 0, "kind": "list_bill", "sec": "CCD"}
    east = planned([came_back("R03", group_code="E", **bill)], company, groups=[(1, "E", "G")])
    assert asked(east) == [(2, 1, "G", 5_000, "CCD", 70)]
    west = planned([came_back("R03", group_code="W", **bill)], company, groups=[(1, "E", "G")])
    assert asked(west) == []  # the company's own account is still the wrong one
