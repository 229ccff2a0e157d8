"""Memos over a real record: limits, consent, posting once, mirrors, and that no race takes more than is left."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Error

from assets.billing.consents import consent
from assets.billing.memos import fitting, lined, post_memos, request, spread, take_back, used
from assets.billing.night import fingerprint
from assets.billing.steps import charge, posted, preview
from assets.steps import HOUSE, Outcome, open_run, run_step
from formats.errors import GuardError, RecordError
from resources.database import Logins, connect
from resources.record import Record
from tests.support.seed import DAY, ONE_MEMBER, night, seed

NEXT = DAY + dt.timedelta(days=1)


def bill(record: Record, day: dt.date = DAY) -> Outcome:
    return run_step(record, night(record, business_date=day), "billing.charges", charge)


def post(record: Record, day: dt.date = DAY) -> Outcome:
    return run_step(record, night(record, business_date=day), "billing.memos", post_memos)


def ask(record: Record, cents: int, kind: str = "credit", day: dt.date = DAY, **about: Any) -> pl.DataFrame:
    run = open_run(record, job="memo", book=HOUSE, business_date=day, actor="ann")
    with record.step("billing.memo", run_no=run.run_no, companies=[1], business_date=day, exclusive=True) as tx:
        where = {"line": None, "invoice": None, **(about or {"line": 1})}
        return request(tx, kind=kind, cents=cents, actor="ann", reason="told so by phone", **where)


def mirror(record: Record, memo: int, day: dt.date = NEXT) -> pl.DataFrame:
    run = open_run(record, job="memo", book=HOUSE, business_date=day, actor="ann")
    with record.step("billing.memo", run_no=run.run_no, companies=[1], business_date=day, exclusive=True) as tx:
        return take_back(tx, memo, actor="ann", reason="was a mistake")


def agree(logins: Logins, memo: int, *, granted: bool = True, actor: str = "bob", day: dt.date = DAY) -> None:
    consent(Record(logins.releaser), 1, "memo", memo, granted=granted, actor=actor, reason="looked", business_date=day)


def look(record: Record, text: str) -> list[Any]:
    with record.step("look", run_no=0, companies=[1], business_date=DAY) as tx:
        return tx.select(text).rows()


def proves(record: Record) -> bool:
    with record.step("look", run_no=0, companies=[1], business_date=NEXT) as tx:
        return tx.read("ledger/check_subledgers").is_empty() and tx.read("ledger/check_balance").is_empty()


def accounts(record: Record) -> dict[int, int]:
    return dict(look(record, "SELECT account, sum(amount_cents)::bigint FROM ledger.posting GROUP BY 1 ORDER BY 1"))


LINES = "SELECT kind, amount_cents, commissionable_cents, cause FROM billing.line WHERE revision < 0 ORDER BY line_id"
LEFT = "SELECT billing.left_of(1, 1)"


INSERT = (
    "INSERT INTO billing.memo (company_id, memo_id, line_id, kind, amount_cents, reason, requested_by, reverses,"
    " needs_approval, business_date, run_no) VALUES (1, %s, %s, %s, %s, 'x', 'eve', %s, %s, %s, 1)"
)


def insert(logins: Logins, *row: Any) -> str:
    """Write a memo past our rules and locks (number, line, kind, cents, reverses, needs_approval): what refused it."""
    with connect(logins.runtime) as session:
        try:
            with session.transaction():
                session.execute("SELECT set_config('daybook.companies', '{1}', true)")
                session.execute(INSERT, (*row, DAY))
        except Error as refused:
            return str(refused)
    return ""


def end(logins: Logins, day: str) -> None:
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.subscription SET end_date = %s", (day,))


def test_a_memo_is_posted_once_on_an_invoice_of_its_own_and_billing_leaves_it_alone(record: Record) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    assert ask(record, 2000).rows() == [(1, 1, "credit", 2000, False)]
    with record.step("billing.charges", run_no=0, companies=[1], business_date=NEXT) as tx:
        shown = preview(tx)
    out = post(record, NEXT)
    assert out.totals["memo_cents"] == -2000
    assert look(record, LINES) == [("memo", -2000, 0, "credit memo 1")]
    assert post(record, NEXT).rows == {}
    assert bill(record, NEXT).rows == {}
    with record.step("billing.charges", run_no=0, companies=[1], business_date=NEXT) as tx:
        assert posted(tx) == fingerprint(shown.invoices, shown.lines)
    # What it gives is used on its own charge's invoice.
    assert look(record, "SELECT to_invoice, amount_cents FROM payments.credit_use") == [(1, 2000)]
    assert proves(record)


def test_above_the_limit_a_second_person_agrees_or_refuses(record: Record, logins: Logins) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    assert ask(record, 10_000)["needs_approval"].to_list() == [False]
    assert ask(record, 1)["needs_approval"].to_list() == [True]  # what an invoice is given counts together
    assert ask(record, 5_000)["needs_approval"].to_list() == [True]
    assert post(record).totals["memos"] == 1
    with pytest.raises(GuardError, match="who asked"):
        agree(logins, 2, actor=" Ann ")
    with pytest.raises(GuardError, match="waits for a consent"):
        agree(logins, 1)
    agree(logins, 2)
    agree(logins, 3, granted=False)
    with pytest.raises(GuardError, match="decided it already"):
        agree(logins, 3)
    assert post(record, NEXT).totals["memo_cents"] == -1
    assert look(record, "SELECT memo_id, state FROM billing.memo_state ORDER BY 1") == [
        (1, "posted"),
        (2, "posted"),
        (3, "refused"),
    ]
    assert look(record, LEFT) == [(37240 - 10_001,)]


def test_more_than_is_left_is_refused_by_rule_and_by_the_record(record: Record, logins: Logins) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    ask(record, 37_000)  # waits for its consent, and is counted all the same
    with pytest.raises(GuardError, match="more than is left"):
        ask(record, 241)
    with pytest.raises(RecordError, match="no charge"):
        ask(record, 1, line=99)
    assert "more than is left" in insert(logins, 9, 1, "credit", 241, None, True)
    assert "of no charge" in insert(logins, 9, 99, "credit", 1, None, False)
    assert "needs a second person" in insert(logins, 9, 1, "debit", 10001, None, False)
    assert "no mirror" in insert(logins, 9, 1, "credit", 37000, 1, True)
    assert insert(logins, 9, 1, "debit", 10000, None, False) == ""


def test_many_who_ask_at_once_never_get_more_than_is_left(record: Record, logins: Logins) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: insert(logins, n, 1, "credit", 5000, None, False), range(1, 17)))
    assert all("more than is left" in words for words in said if words)
    assert said.count("") == 37240 // 5000
    assert look(record, LEFT) == [(37240 % 5000,)]
    post(record)
    assert look(record, LEFT) == [(37240 % 5000,)]
    assert proves(record)


def test_a_memo_is_taken_back_by_its_mirror_once(record: Record) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    ask(record, 2000)
    with pytest.raises(GuardError, match="only a posted"):
        mirror(record, 1)
    post(record)
    mirror(record, 1)
    with pytest.raises(GuardError, match="taken back"):
        mirror(record, 1)
    post(record, NEXT)
    assert [row[1:] for row in look(record, LINES)] == [
        (-2000, 0, "credit memo 1"),
        (2000, 0, "credit memo 2 takes memo 1 back"),
    ]
    assert look(record, LEFT) == [(37240,)]
    with pytest.raises(GuardError, match="itself"):
        mirror(record, 2)
    assert proves(record)


def test_an_ended_coverage_credits_what_the_memo_left_and_the_mirror_frees_the_rest(
    record: Record, logins: Logins
) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    ask(record, 2000)
    post(record)
    end(logins, "2026-09-01")
    bill(record, NEXT)
    assert look(record, LEFT) == [(0,)]
    mirror(record, 1)
    post(record, NEXT)
    bill(record, NEXT)
    assert look(record, LEFT) == [(0,)]
    assert look(
        record, "SELECT amount_cents FROM billing.line WHERE corrects = 1 AND revision > 0 ORDER BY revision"
    ) == [(-35240,), (-2000,)]
    assert bill(record, NEXT).rows == {}
    assert proves(record)


def test_a_write_off_is_bad_debt_takes_its_commission_base_and_can_be_recovered(record: Record, logins: Logins) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    total = look(record, "SELECT total_cents FROM billing.invoice")[0][0]
    ask(record, total, "write_off", invoice=1)
    for (memo,) in look(record, "SELECT memo_id FROM billing.memo ORDER BY 1"):
        agree(logins, memo)
    out = post(record)
    assert out.totals["written_off_cents"] == -total == -out.totals["used_cents"]
    assert accounts(record) == {1100: 0, 2000: -total, 5000: total}
    assert look(
        record, "SELECT DISTINCT kind, commissionable_cents = amount_cents FROM billing.line WHERE revision < 0"
    ) == [("write_off", True)]
    with record.step("look", run_no=0, companies=[1], business_date=DAY) as tx:
        # The house bears it: the vendor's part of what others must be paid comes out of margin and of bad debt.
        assert tx.read("commissions/margin", income=4000).rows() == [(1, total)]
    mirror(record, 1)
    agree(logins, look(record, "SELECT max(memo_id) FROM billing.memo")[0][0], day=NEXT)
    post(record, NEXT)
    assert accounts(record)[5000] < total
    assert proves(record)


def test_what_is_on_its_way_is_no_loss(record: Record) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    draft = {"attempt_id": 1, "invoice_id": 1, "attempt_no": 1, "account_code": "B1", "amount_cents": 2 * 37240 - 100}
    rest = {"company_id": 1, "sec": "PPD", "wanted_date": DAY, "business_date": DAY}
    with record.step("draft", run_no=1, companies=[1], business_date=DAY) as tx:
        tx.append("payments.attempt", pl.DataFrame([{**draft, **rest}]))
    with pytest.raises(GuardError, match="100 cents are open"):
        ask(record, 101, "write_off")
    assert ask(record, 100, "write_off")["amount_cents"].to_list() == [100]


def test_a_memo_that_no_longer_fits_is_named_and_waits(record: Record, logins: Logins) -> None:
    seed(record, **ONE_MEMBER)
    bill(record)
    ask(record, 37_000)
    end(logins, "2026-09-01")
    bill(record, NEXT)
    agree(logins, 1)
    assert post(record, NEXT).totals["quarantined"] == 1
    assert look(record, "SELECT rule FROM audit.quarantine WHERE step = 'billing.memos'") == [("memo_over_line",)]
    assert look(record, LINES) == []


def test_an_invoice_s_memo_goes_by_the_stated_order() -> None:
    left = pl.DataFrame({"line_id": [3, 1, 2], "left_cents": [500, 0, 700]})
    assert spread(left, 900).rows() == [(3, 500), (2, 400)]
    assert spread(left, 1200)["amount_cents"].to_list() == [500, 700]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(left=st.integers(0, 500), base=st.integers(0, 500), amounts=st.lists(st.integers(1, 300), max_size=8))
def test_memos_of_a_line_never_come_to_more_than_is_left_and_their_parts_add_up(
    left: int, base: int, amounts: list[int]
) -> None:
    ready = pl.DataFrame(
        {
            "memo_id": range(1, len(amounts) + 1),
            "signed_cents": [-a for a in amounts],
            "left_cents": [left] * len(amounts),
        },
        schema={"memo_id": pl.Int64, "signed_cents": pl.Int64, "left_cents": pl.Int64},
    ).with_columns(
        company_id=pl.lit(1, pl.Int32),
        line_id=pl.lit(1, pl.Int64),
        kind=pl.lit("write_off"),
        reverses=pl.lit(None, pl.Int64),
        left_commissionable_cents=pl.lit(base, pl.Int64),
        reversed_commissionable_cents=pl.lit(0, pl.Int64),
        origin_invoice=pl.lit(1, pl.Int64),
        invoice_id=pl.col("memo_id") + 1,
        open_cents=pl.lit(left, pl.Int64),
    )
    good, late = fitting(ready)
    lines = lined(good)
    taken = -lines["amount_cents"].sum()
    assert good.height + late.height == len(amounts)
    assert taken <= left
    assert -lines["commissionable_cents"].sum() <= base
    if taken == left and taken:
        assert -lines["commissionable_cents"].sum() == base
    assert used(lines)["amount_cents"].sum() == taken
    assert fitting(ready.with_columns(open_cents=0 * pl.col("left_cents")))[0].is_empty()
    assert used(lines.with_columns(open_cents=pl.col("left_cents") // 2))["amount_cents"].sum() == min(taken, left // 2)
