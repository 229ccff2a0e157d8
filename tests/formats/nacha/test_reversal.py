"""Reversals: sides swapped, everything else as it was, nothing reversed that moved no money."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.nacha import Nacha, Reversal, check, read, reversed_entries, write
from formats.nacha.reversal import OPPOSITE
from tests.formats.nacha.build import answered, batch, entry, header, iat_batch, iat_entry, iat_parties, nacha


def ready(back: Reversal) -> Nacha:
    """Give a reversal what only the desk can: a day and trace numbers."""
    place = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7)
    odfi = back.batches["odfi"].gather(back.entries["batch"])
    return Nacha(
        header(modifier="B"),
        back.batches.with_columns(effective_entry_date=pl.lit(date(2026, 3, 5))),
        back.entries.with_columns(trace_number=pl.lit(odfi) + place),
        back.addenda,
    )


@pytest.mark.parametrize(("code", "opposite"), [(22, 27), (27, 22), (32, 37), (37, 32), (42, 47), (47, 42), (52, 55)])
def test_codes_change_sides_within_their_account_type(code: int, opposite: int) -> None:
    paid = read(write(nacha(entries=[entry(1, transaction_code=code)])))
    back = read(write(ready(reversed_entries(paid.entries, paid.batches))))
    assert back.entries["transaction_code"].to_list() == [opposite]
    assert back.batches["service_class"].to_list() == [445 - paid.batches["service_class"][0]]
    assert back.batches["entry_description"].to_list() == ["REVERSAL"]
    same = ["company_name", "company_id", "sec", "odfi"]
    assert back.batches.select(same).equals(paid.batches.select(same))
    kept = ["rdfi", "account", "amount_cents", "individual_id", "name"]
    assert back.entries.select(kept).equals(paid.entries.select(kept))
    assert check(back).is_empty()


def test_what_moved_no_money_is_left_out_with_the_reason() -> None:
    whole = read(
        write(
            nacha(
                [batch(), batch(sec="CCD"), batch(sec="WEB")],
                [
                    entry(1, transaction_code=28, amount_cents=0),
                    entry(2, batch=1, transaction_code=29, amount_cents=0),
                    entry(3, batch=2),
                ],
                [{"entry": 1, "kind": "05", "payment_text": "x"}],
            )
        )
    )
    back = reversed_entries(whole.entries, whole.batches, whole.addenda)
    assert back.left_out.rows() == [(0, "a prenote moved no money"), (1, "a zero-dollar entry moved no money")]
    assert back.batches["sec"].to_list() == ["WEB"]
    assert back.original.to_list() == [2]
    answers = read(write(answered()))
    none = reversed_entries(answers.entries, answers.batches, answers.addenda)
    assert none.entries.is_empty()
    assert none.left_out.height == 5


def test_part_of_a_file_keeps_its_batches_apart() -> None:
    whole = read(write(nacha([batch(), batch(sec="WEB"), batch()], [entry(at + 1, batch=at) for at in range(3)])))
    chosen = whole.entries.filter(pl.col("batch") != 1).reverse()
    back = reversed_entries(chosen, whole.batches)
    assert back.batches["sec"].to_list() == ["PPD", "PPD"]
    assert back.entries["batch"].to_list() == [0, 1]
    assert back.original.to_list() == [1, 0]


def test_international_entries_take_their_parties_along() -> None:
    whole = read(
        write(
            nacha(
                [iat_batch()],
                [iat_entry(1), iat_entry(2)],
                [*iat_parties(remittances=1, at=0), *iat_parties(banks=1, at=1)],
            )
        )
    )
    back = read(write(ready(reversed_entries(whole.entries, whole.batches, whole.addenda))))
    assert back.entries["addenda_count"].to_list() == [7, 7]
    assert back.batches.select("destination_country", "destination_currency").rows() == [("CA", "CAD")]
    assert check(back).is_empty()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(list(OPPOSITE)), st.integers(1, 10**6)), min_size=1, max_size=8))
def test_a_reversal_of_a_reversal_is_the_original(drawn: list[tuple[int, int]]) -> None:
    whole = nacha(entries=[entry(at, transaction_code=code, amount_cents=n) for at, (code, n) in enumerate(drawn, 1)])
    once = reversed_entries(whole.entries, whole.batches)
    twice = reversed_entries(once.entries, once.batches)
    same = ["transaction_code", "amount_cents", "account"]
    assert twice.entries.select(same).equals(whole.entries.select(same))
