"""Over which bank a draft goes: shares, stickiness, caps, and the report of target against actual."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.delivery.process import process
from assets.payments.distribution import BANKS, ROUTES, USED, compared, distributed, new_routes, preferences
from assets.payments.originate import originate
from resources.database import Logins
from resources.partners import Partner
from resources.vault import Vault
from tests.support.answers import answer_file, arrive, back
from tests.support.bank import BANK, bank
from tests.support.desk import PRICE, Desk, members
from tests.support.seed import DAY, seed

NOBODY = pl.DataFrame(schema=ROUTES)
NOTHING = pl.DataFrame(schema=USED)
ROWS = {
    "company_id": pl.Int32, "payer": pl.Int32, "purpose": pl.String, "source_id": pl.Int64, "attempt_no": pl.Int16,
    "amount_cents": pl.Int64, "wanted_date": pl.Date, "company_bank": pl.String, "sent_through": pl.String,
    "stop": pl.String, "hold": pl.String,
}  # fmt: skip


def banks(*weights: tuple[Any, ...]) -> pl.DataFrame:
    rows = [(1, name, weight, cap[0] if cap else None) for name, weight, *cap in weights]
    return pl.DataFrame(rows, schema=BANKS, orient="row")


def payers(count: int, first: int = 1) -> pl.DataFrame:
    return pl.DataFrame({"company_id": [1] * count, "payer": range(first, first + count)}, schema_overrides={
        "company_id": pl.Int32, "payer": pl.Int32})  # fmt: skip


def drafts(*amounts: int, **more: Any) -> pl.DataFrame:
    row = {
        "company_id": 1, "payer": 1, "purpose": "premium", "source_id": 1, "attempt_no": 1, "wanted_date": DAY,
        "company_bank": "own", "sent_through": None, "stop": None, "hold": None,
    }  # fmt: skip
    made = [row | {"payer": n, "source_id": n, "amount_cents": cents} | more for n, cents in enumerate(amounts, 1)]
    return pl.DataFrame(made, schema=ROWS)


def to(bank: str, count: int) -> pl.DataFrame:
    return payers(count).with_columns(bank=pl.lit(bank))


def went(found: pl.DataFrame) -> list[str | None]:
    return [None if why else bank for bank, why in found.select("bank", "hold").iter_rows()]


@pytest.mark.parametrize("weights", [(70, 30), (50, 50), (1, 2, 7), (100, 0), (10, 10, 10, 70)])
def test_shares_come_to_the_weights(weights: tuple[int, ...]) -> None:
    listed = banks(*((f"bank-{n}", weight) for n, weight in enumerate(weights)))
    found = dict(new_routes(payers(10_000), listed, NOBODY).group_by("bank").len().iter_rows())
    for n, weight in enumerate(weights):
        assert abs(found.get(f"bank-{n}", 0) / 10_000 - weight / sum(weights)) < 0.02


def test_the_choice_is_the_same_wherever_it_is_made() -> None:
    listed = banks(("first-harbor", 60), ("second-quay", 40))
    found = new_routes(payers(8), listed, NOBODY)["bank"]
    assert found.str.head(1).str.join("").item() == "sfffsfsf"


def test_a_new_bank_takes_its_share_of_new_payers_and_moves_no_other() -> None:
    before = new_routes(payers(5_000), banks(("a", 50), ("b", 50)), NOBODY)
    after = new_routes(payers(5_000), banks(("a", 50), ("b", 50), ("c", 50)), NOBODY)
    moved = before.join(after, on=["company_id", "payer"], suffix="_now").filter(pl.col("bank") != pl.col("bank_now"))
    assert set(moved["bank_now"]) == {"c"}
    assert abs(moved.height / 5_000 - 1 / 3) < 0.02


def test_an_old_payer_stays_where_he_is() -> None:
    listed = banks(("a", 1), ("b", 999))
    found = distributed(drafts(*[100] * 50), listed, to("a", 50), NOTHING)
    assert set(went(found)) == {"a"}
    gone = distributed(drafts(*[100] * 50), banks(("b", 999)), to("a", 50), NOTHING)
    assert set(went(gone)) == {"b"}
    idle = distributed(drafts(100), banks(("a", 0), ("b", 1)), to("a", 1), NOTHING)
    assert went(idle) == ["a"]  # a weight of 0 takes nobody new
    kept = new_routes(payers(50), listed, to("a", 50))
    assert set(kept["bank"]) == {"a"}


def test_who_is_not_spread() -> None:
    assert went(distributed(drafts(100), banks(), NOBODY, NOTHING)) == ["own"]
    payee = drafts(100, payer=None, purpose="commission")
    assert went(distributed(payee, banks(("a", 1)), NOBODY, NOTHING)) == ["own"]
    reversal = drafts(100, purpose="reversal", sent_through="old")
    assert went(distributed(reversal, banks(("a", 1, 1)), NOBODY, NOTHING)) == ["old"]
    refund = drafts(100, purpose="refund")
    assert went(distributed(refund, banks(("a", 1, 1)), to("a", 1), NOTHING)) == ["a"]  # money back fills no cap


def test_a_full_bank_passes_on_and_when_all_are_full_the_draft_waits() -> None:
    listed = banks(("a", 50, 1_000), ("b", 50, 500))
    found = distributed(drafts(600, 600, 300, 400, 100), listed, to("a", 5), NOTHING)
    # 600 fits; the next 600 is too large for what is left of a and for b; 300 and 100 fit in a, 400 only in b.
    assert went(found) == ["a", None, "a", "b", "a"]
    assert found["hold"].drop_nulls().to_list() == ["every bank of the company has reached its cap of the month"]
    used = pl.DataFrame([(1, "a", 1_000), (1, "b", 200)], schema=USED, orient="row")
    assert went(distributed(drafts(300, 100), listed, to("a", 2), used)) == ["b", None]


def test_a_retry_keeps_its_bank_or_waits() -> None:
    listed = banks(("a", 50, 1_000), ("b", 50))
    rows = pl.concat([drafts(900), drafts(300, sent_through="a", attempt_no=2, source_id=9)])
    found = distributed(rows, listed, to("a", 1), NOTHING)
    assert went(found) == ["b", "a"]  # what has no choice goes first
    used = pl.DataFrame([(1, "a", 800)], schema=USED, orient="row")
    waits = distributed(rows, listed, to("a", 1), used)
    assert went(waits) == ["b", None]
    assert "bank of its first draft" in waits["hold"][1]


def test_what_cannot_go_takes_no_room() -> None:
    rows = pl.concat([drafts(900, hold="waits"), drafts(900, stop="blocked"), drafts(900)])
    assert went(distributed(rows, banks(("a", 1, 1_000)), NOBODY, NOTHING)) == [None, "a", "a"]


@settings(max_examples=120, derandomize=True, deadline=None)
@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=25),
    st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(1, 2_000)), min_size=1, max_size=4),
    st.integers(0, 500),
)
def test_caps_are_never_exceeded_and_nothing_waits_that_has_room(
    amounts: list[int], terms: list[tuple[int, int | None]], spent: int
) -> None:
    listed = banks(*((f"b{n}", weight, cap) for n, (weight, cap) in enumerate(terms)), ("last", 1, 800))
    used = pl.DataFrame([(1, "b0", spent)], schema=USED, orient="row")
    routes = new_routes(payers(len(amounts)), listed, NOBODY)
    found = distributed(drafts(*amounts), listed, routes, used)
    again = distributed(drafts(*amounts), listed, routes, used)
    assert again.equals(found)
    gone = found.filter(pl.col("hold").is_null())
    cents = dict(gone.group_by("bank").agg(pl.col("amount_cents").sum()).iter_rows())
    caps = {bank: cap for _, bank, _, cap in listed.iter_rows()}
    spare = {b: cap - cents.get(b, 0) - (spent if b == "b0" else 0) for b, cap in caps.items() if cap is not None}
    for name, left in spare.items():
        assert left >= 0 or name not in cents
    takers = [bank for _, bank, weight, _ in listed.iter_rows() if weight]
    for waiting in found.filter(pl.col("hold").is_not_null())["amount_cents"]:
        assert all(bank in spare and waiting > spare[bank] for bank in takers)


def test_preferences_put_every_bank_with_a_weight_in_order() -> None:
    found = preferences(payers(3), banks(("a", 1), ("b", 2), ("c", 0)))
    assert found.group_by("payer").agg("rank", "bank").sort("payer")["rank"].to_list() == [[0, 1]] * 3
    assert set(found["bank"]) == {"a", "b"}


def test_target_against_actual() -> None:
    actual = pl.DataFrame(
        [(1, "HARBOR", "a", 70, 100_000, 6, 75_000), (1, "HARBOR", "b", 30, None, 2, 20_000),
         (1, "HARBOR", "old", None, None, 1, 5_000), (2, "GUILD", "a", 1, None, 0, 0)],
        schema=["company_id", "company", "bank", "weight", "monthly_cap_cents", "entries", "cents"],
        orient="row",
    )  # fmt: skip
    assert compared(actual, DAY).rows() == [
        ("HARBOR", "a", "2026-10", 70, 70.0, 75.0, 6, 75_000, 100_000, 25_000),
        ("HARBOR", "b", "2026-10", 30, 30.0, 20.0, 2, 20_000, None, None),
        ("HARBOR", "old", "2026-10", 0, 0.0, 5.0, 1, 5_000, None, None),
        ("GUILD", "a", "2026-10", 1, 100.0, None, 0, 0, None, None),
    ]


def test_drafts_of_a_night_are_spread_and_kept(logins: Logins, vault: Vault) -> None:
    partners = bank() | _second()
    desk = Desk(logins, vault, partners)
    listed = [
        {"company_id": 1, "bank": BANK, "weight": 1, "monthly_cap_cents": None},
        {"company_id": 1, "bank": "second-quay", "weight": 1, "monthly_cap_cents": 2 * PRICE},
    ]
    seed(desk.record, **members(vault, 8), master__company_bank=listed)
    first = desk.night()
    routes = dict(desk.look("SELECT payer, bank FROM payments.route ORDER BY payer").iter_rows())
    assert set(routes) == set(range(1, 9))
    report = compared(desk.read("payments/distribution", month=DAY, until=DAY), DAY)
    by_bank = {row["bank"]: row["entries"] for row in report.iter_rows(named=True)}
    assert by_bank["second-quay"] == min(2, list(routes.values()).count("second-quay")) > 0
    assert (sum(by_bank.values()), first["ach_held"], first["ach_files"]) == (8, 0, 2)
    assert report["target_percent"].to_list() == [50.0, 50.0]
    assert desk.step("payments.originate", lambda tx: originate(tx, partners, vault)).rows == {}
    # What came back through the second bank goes through it again; its cap of the month is reached, so it waits.
    desk.send()
    entry = next(e for e in desk.entries("premium") if e["trace_number"].startswith("02100002"))
    desk.day = dt.date(2026, 10, 6)
    _come_back(desk, entry, "R01")
    again = desk.night(dt.date(2026, 10, 12))
    assert (again["retries"], again["ach_held"], again["ach_entries"]) == (1, 1, 0)
    november = desk.night(dt.date(2026, 11, 2))
    retried = [e for e in desk.entries("premium") if e["description"] == "RETRY PYMT"]
    assert [e["trace_number"][:8] for e in retried] == ["02100002"]
    assert november["ach_entries"] > 0


def _second() -> dict[str, Partner]:
    [first] = bank(immediate_destination="021000021", odfi="02100002", destination_name="SECOND QUAY").values()
    return {"second-quay": first.model_copy(update={"code": "second-quay", "name": "Second Quay Bank"})}


def _come_back(desk: Desk, entry: dict[str, Any], code: str) -> None:
    data = answer_file([back(entry, code)], day=desk.day)
    run, sha256 = arrive(desk.record, desk.vault, data, day=desk.day, partner="second-quay")
    process(desk.record, run, sha256, desk.partners, desk.vault)
