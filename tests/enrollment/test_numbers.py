"""Control numbers: unique for ever, without gaps, whatever dies; and the same files when it is done again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from assets.enrollment.steps import build_files
from assets.steps import run_step
from formats.errors import RecordError
from resources.partners import Partner
from resources.record import Record, Tx
from resources.vault import Vault
from tests.support.seed import DAY, night, seed

World = Callable[..., dict[str, list[dict[str, Any]]]]
NUMBERS = "SELECT kind, value, company_id, file_id FROM exchange.control_number ORDER BY kind, value"


def look(record: Record, text: str) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=(1, 2, 3, 4), business_date=DAY) as tx:
        return tx.select(text).rows()


class Died(RuntimeError):
    """The process, in the middle of things."""


def dies(record: Record, partners: dict[str, Partner], vault: Vault) -> list[Any]:
    """A night that builds everything and dies before it is booked; returns the hashes it had."""
    run, seen = night(record), []

    def step(tx: Tx) -> dict[str, int]:
        build_files(tx, partners, vault)
        seen.extend(tx.select("SELECT company_id, file_id, name, sha256 FROM exchange.file ORDER BY 1, 2").rows())
        raise Died

    with pytest.raises(Died):
        run_step(record, run, "enrollment.files", step)
    return seen


def test_who_dies_burns_no_number_and_the_files_are_the_same_again(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    world = family()
    world["master__company"] = [{}, {"company_id": 2, "code": "GUILD", "name": "Guild"}]
    world["master__person"] = [*world["master__person"], {"company_id": 2}]
    world["master__subscription"] = [*world["master__subscription"], {"company_id": 2}]
    seed(record, **world)
    first = dies(record, partners, vault)
    assert len(first) == 2
    assert look(record, NUMBERS) == []
    assert dies(record, partners, vault) == first
    run_step(record, night(record), "enrollment.files", lambda tx: build_files(tx, partners, vault))
    assert look(record, "SELECT company_id, file_id, name, sha256 FROM exchange.file ORDER BY 1, 2") == first
    assert look(record, NUMBERS) == [(k, n, n, 1) for k in ("GS06", "ISA13", "ST02") for n in (1, 2)]


def test_two_nights_at_once_take_each_number_once(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    world, others = family(), range(2, 5)
    world["master__company"] = [{}, *({"company_id": n, "code": f"C{n}", "name": f"Company {n}"} for n in others)]
    world["master__person"] = [*world["master__person"], *({"company_id": n} for n in others)]
    world["master__subscription"] = [*world["master__subscription"], *({"company_id": n} for n in others)]
    seed(record, **world)
    runs = [replace(night(record), companies=(n,)) for n in range(1, 5)]
    work = [
        threading.Thread(
            target=run_step, args=(record, run, "enrollment.files", lambda tx: build_files(tx, partners, vault))
        )
        for run in runs
    ]
    for each in work:
        each.start()
    for each in work:
        each.join(60)
    found = [(value, company) for kind, value, company, _ in look(record, NUMBERS) if kind == "ISA13"]
    assert [value for value, _ in found] == [1, 2, 3, 4]
    assert {company for _, company in found} == {1, 2, 3, 4}


def test_a_number_can_t_be_taken_twice_nor_given_back(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    seed(record, **family())
    run_step(record, night(record), "enrollment.files", lambda tx: build_files(tx, partners, vault))
    row = {"partner": "evergreen", "kind": "ISA13", "value": 1, "company_id": 1, "file_id": 2}
    with pytest.raises(RecordError), record.step("x", run_no=1, companies=(1,), business_date=DAY) as tx:
        tx.append("exchange.control_number", pl.DataFrame([row]))
    with pytest.raises(RecordError), record.step("x", run_no=1, companies=(1,), business_date=DAY) as tx:
        tx.select("DELETE FROM exchange.control_number RETURNING 1")
    assert look(record, "SELECT count(*) FROM exchange.control_number") == [(3,)]
