"""A large book goes as two halves at once: the same record, and a broken company stops nobody in either half."""

from __future__ import annotations

from typing import Any

import pytest

from assets import steps
from assets.billing.steps import charge
from assets.payments.steps import plan_attempts
from assets.steps import Outcome, run_step
from formats.errors import DaybookError, RecordError
from resources.record import Record, Tx
from tests.support.seed import DAY, ONE_MEMBER, night, seed

COMPANIES = range(1, 6)
BOOK: dict[str, list[dict[str, Any]]] = {
    **ONE_MEMBER,
    "master__company": [{"company_id": c, "code": f"C{c}"} for c in COMPANIES],
    "master__person": [{"company_id": c, "person_id": p, "code": f"M{p}"} for c in COMPANIES for p in (1, 2)],
    "master__bank_account": [{"company_id": c} for c in COMPANIES],
    "master__subscription": [
        {"company_id": c, "subscription_id": p, "person_id": p, "code": f"S{p}"} for c in COMPANIES for p in (1, 2)
    ],
}


def counted(record: Record) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=COMPANIES, business_date=DAY) as tx:
        return tx.select(
            "SELECT company_id, count(DISTINCT l.line_id) AS lines, max(l.line_id) AS last_line, "
            "max(l.invoice_id) AS last_invoice, count(DISTINCT a.attempt_id) AS attempts, max(l.journal_id) AS journal "
            "FROM billing.line l LEFT JOIN payments.attempt a USING (company_id, invoice_id) GROUP BY 1 ORDER BY 1"
        ).rows()


def nightly(record: Record) -> list[Outcome]:
    run = night(record)
    return [
        run_step(record, run, name, step, in_halves=True)
        for name, step in (("billing.charges", charge), ("payments.attempts", plan_attempts))
    ]


def test_halves_book_what_the_whole_would_and_again_nothing(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_LARGE", 2)
    seed(record, **BOOK)
    parts = steps._halves(record, list(COMPANIES))
    assert sorted(len(part) for part in parts) == [2, 3]
    assert sorted(c for part in parts for c in part) == list(COMPANIES)
    charged, asked = nightly(record)
    assert charged.set_aside == asked.set_aside == {}
    assert (charged.totals["lines"], asked.totals["attempts"]) == (20, 10)
    assert charged.preview is not None
    assert set(charged.preview["company_id"]) == set(COMPANIES)
    # Numbers are dense in every company, as they are without halves.
    assert counted(record) == [(c, 4, 4, 2, 2, 1) for c in COMPANIES]
    assert [again.rows for again in nightly(record)] == [{}, {}]


def test_a_small_book_stays_whole(record: Record) -> None:
    seed(record, **BOOK)
    assert steps._halves(record, list(COMPANIES)) == [list(COMPANIES)]
    assert steps._halves(record, []) == [[]]


def test_a_broken_company_is_set_aside_alone(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_LARGE", 2)
    seed(record, **BOOK)

    def breaks(tx: Tx) -> dict[str, int]:
        if 3 in tx.companies:
            raise RecordError("the third is broken")
        return charge(tx)

    out = run_step(record, night(record), "billing.charges", breaks, in_halves=True)
    assert list(out.set_aside) == [3]
    assert [row[0] for row in counted(record)] == [1, 2, 4, 5]


def test_a_step_that_nobody_could_do_is_an_error(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_LARGE", 2)
    seed(record, **BOOK)

    def breaks(tx: Tx) -> dict[str, int]:
        raise RecordError(f"{len(tx.companies)} are broken")

    with pytest.raises(DaybookError, match="failed for every company"):
        run_step(record, night(record), "billing.charges", breaks, in_halves=True)
