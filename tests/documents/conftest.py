"""A company that wants documents, with one bill of everything a payer can get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.billing.steps import charge
from assets.documents.steps import Room
from assets.payments.steps import plan_attempts
from assets.steps import Run, run_step
from resources.home import Home
from resources.press import Press, press
from resources.record import Record
from resources.vault import Vault
from tests.support.seed import DAY, ONE_MEMBER, night, seed

FROM = dt.date(2026, 9, 1)


@pytest.fixture(scope="session")
def setting() -> Iterator[Press]:
    """A press of one child."""
    with press(1) as one:
        yield one


@pytest.fixture
def room(record: Record, vault: Vault, tmp_path: Path) -> Room:
    """What documents are made with, in a home without templates."""
    home = Home(tmp_path / "var")
    home.path.mkdir(parents=True)
    return Room(record, home, vault)


def people(count: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """A book of one company with so many payers, each with a subscription and an address for mail."""
    members = range(1, count + 1)
    return {
        **ONE_MEMBER,
        "master__company": [{"documents_from": FROM, "email": "office@harbor.example", **more}],
        "master__person": [{"person_id": n, "code": f"M{n}", "email": f"m{n}@example.org"} for n in members],
        "master__bank_account": [{"account_id": n, "code": f"B{n}", "person_id": n} for n in members],
        "master__subscription": [
            {"subscription_id": n, "code": f"S{n}", "person_id": n, "account_code": f"B{n}", "start_date": DAY}
            for n in members
        ],
    }


def billed(record: Record, book: dict[str, list[dict[str, Any]]], day: dt.date = DAY) -> Run:
    """Seed a book and bill it and plan its drafts; gives the night's run."""
    seed(record, **book)
    run = night(record, business_date=day)
    run_step(record, run, "billing.charges", charge)
    run_step(record, run, "payments.attempts", plan_attempts)
    return run


def table(record: Record, name: str, companies: tuple[int, ...] = (1,), columns: str = "*") -> pl.DataFrame:
    """All rows of a table."""
    with record.step("look", run_no=0, companies=companies, business_date=DAY) as tx:
        return tx.select(f"SELECT {columns} FROM {name} ORDER BY 1, 2")
