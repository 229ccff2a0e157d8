"""Each rule catches its fault, at its line and column, and nothing else does."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from formats.nacha import Nacha, check, masked, read, rules, write
from tests.formats.nacha.build import answered, batch, entry, nacha

GOOD = write(
    nacha(
        [batch(), batch(sec="WEB"), batch(sec="CTX", entry_description="VENDOR")],
        [
            entry(1),
            entry(2, transaction_code=28, amount_cents=0),
            entry(3, batch=1, discretionary="S"),
            entry(4, batch=2, transaction_code=22),
        ],
        [{"entry": 0, "kind": "05", "payment_text": "note"}, {"entry": 3, "kind": "05", "payment_text": "inv 1"}],
    )
)
# Lines: 1 header, 2 batch, 3 entry, 4 addenda, 5 prenote, 6 control, 7 batch, 8 WEB entry, 9 control,
# 10 batch, 11 CTX entry, 12 addenda, 13 control, 14 file control, 15-20 nines.


def changed(line: int, column: int, text: str) -> Nacha:
    lines = GOOD.decode().splitlines()
    old = lines[line - 1]
    lines[line - 1] = old[: column - 1] + text + old[column - 1 + len(text) :]
    return read(("\n".join(lines) + "\n").encode())


def test_the_good_file_is_good() -> None:
    found = read(GOOD)
    assert found.problems.is_empty()
    assert check(found).is_empty()


CASES: list[tuple[str, int, int, str]] = [
    ("nacha.file.destination", 1, 4, "          "),
    ("nacha.file.destination_check_digit", 1, 13, "9"),
    ("nacha.file.origin", 1, 14, " 000000000"),
    ("nacha.file.creation_date", 1, 24, "      "),
    ("nacha.file.creation_time", 1, 30, "2575"),
    ("nacha.file.modifier", 1, 34, "a"),
    ("nacha.file.priority", 1, 2, "02"),
    ("nacha.file.record_size", 1, 35, "095"),
    ("nacha.file.blocking_factor", 1, 38, "11"),
    ("nacha.file.format_code", 1, 40, "2"),
    ("nacha.batch.service_class", 2, 2, "300"),
    ("nacha.batch.adv_class", 2, 2, "280"),
    ("nacha.batch.control_service_class", 2, 2, "200"),
    ("nacha.batch.company_name", 2, 5, "0" * 16),
    ("nacha.batch.company_id", 2, 41, " " * 10),
    ("nacha.batch.control_company_id", 6, 45, "9"),
    ("nacha.batch.control_company_id_blank", 6, 45, " " * 10),
    ("nacha.batch.sec", 2, 51, "ppd"),
    ("nacha.batch.sec", 2, 51, "ZZZ"),
    ("nacha.batch.entry_description", 2, 54, " " * 10),
    ("nacha.batch.description_capitals", 2, 54, "Reversal  "),
    ("nacha.batch.effective_date", 2, 70, "000000"),
    ("nacha.batch.originator_status", 2, 79, "0"),
    ("nacha.batch.odfi", 2, 80, "1210428X"),
    ("nacha.batch.control_odfi", 6, 80, "2"),
    ("nacha.batch.number_order", 7, 88, "0000001"),
    ("nacha.batch.control_batch_number", 6, 88, "0000009"),
    ("nacha.batch.iat_exchange", 2, 51, "IAT"),
    ("nacha.batch.iat_reference", 2, 51, "IAT"),
    ("nacha.batch.iat_country", 2, 51, "IAT"),
    ("nacha.batch.iat_originating_currency", 2, 51, "IAT"),
    ("nacha.batch.iat_destination_currency", 2, 51, "IAT"),
    ("nacha.entry.iat_addenda", 2, 51, "IAT"),
    ("nacha.entry.notice_missing", 2, 51, "COR"),
    ("nacha.entry.transaction_code", 3, 2, "20"),
    ("nacha.entry.service_class", 3, 2, "22"),
    ("nacha.entry.loan_debit", 3, 2, "55"),
    ("nacha.entry.amount_zero", 3, 30, "0" * 10),
    ("nacha.entry.amount_not_zero", 5, 30, "0000000001"),
    ("nacha.entry.rdfi", 3, 4, "2313801X"),
    ("nacha.entry.check_digit", 3, 12, "5"),
    ("nacha.entry.account", 3, 13, " " * 17),
    ("nacha.entry.name", 8, 55, "0" * 22),
    ("nacha.entry.addenda_indicator", 3, 79, "0"),
    ("nacha.entry.addenda_indicator", 5, 79, "1"),
    ("nacha.entry.addenda_count", 11, 55, "0002"),
    ("nacha.entry.sec_direction", 7, 51, "CIE"),
    ("nacha.entry.addenda_max", 2, 51, "TEL"),
    ("nacha.entry.trace", 3, 80, "X"),
    ("nacha.entry.reject_trace", 3, 80, "REJ0001        "),
    ("nacha.entry.trace_odfi", 3, 80, "9"),
    ("nacha.entry.trace_order", 5, 88, "0000001"),
    ("nacha.entry.trace_duplicate", 8, 80, "121042880000001"),
    ("nacha.addenda.type", 4, 2, "06"),
    ("nacha.addenda.type_for_sec", 4, 2, "02"),
    ("nacha.addenda.sequence", 4, 84, "0002"),
    ("nacha.addenda.entry_sequence", 4, 88, "0000002"),
    ("nacha.batch.count", 6, 5, "000004"),
    ("nacha.batch.hash", 6, 11, "0046276021"),
    ("nacha.batch.debit_cents", 6, 21, "000000002501"),
    ("nacha.batch.credit_cents", 6, 33, "000000000001"),
    ("nacha.file.batches", 14, 2, "000004"),
    ("nacha.file.blocks", 14, 8, "000003"),
    ("nacha.file.count", 14, 14, "00000007"),
    ("nacha.file.hash", 14, 22, "0092552041"),
    ("nacha.file.debit_cents", 14, 32, "000000000001"),
    ("nacha.file.credit_cents", 14, 44, "000000000001"),
]


@pytest.mark.parametrize(("rule", "line", "column", "text"), CASES)
def test_each_fault_is_found_at_its_place(rule: str, line: int, column: int, text: str) -> None:
    found = check(changed(line, column, text)).filter(rule=rule)
    assert found.height >= 1
    assert "744567899" not in "".join(found["message"])


def test_faults_carry_line_and_column() -> None:
    found = check(changed(3, 12, "5"))
    assert found.select("rule", "severity", "line", "column").rows() == [("nacha.entry.check_digit", "error", 3, 12)]
    assert "should be 4" in found["message"][0]


def test_a_hash_cut_to_nine_digits_shows_both_values() -> None:
    found = check(changed(14, 22, "0009255204"))
    assert found["rule"].to_list() == ["nacha.file.hash"]
    assert "9255204, the records give 92552040" in found["message"][0]


ANSWER_CASES: list[tuple[str, str, Any]] = [
    ("nacha.addenda.return_code", "return_code", "X97"),
    ("nacha.addenda.return_code_unknown", "return_code", "R97"),
    ("nacha.addenda.change_code", "change_code", "CXX"),
    ("nacha.addenda.change_code_unknown", "change_code", "C92"),
    ("nacha.addenda.original_trace", "original_trace", "000000000000000"),
    ("nacha.addenda.original_rdfi", "original_rdfi", ""),
    ("nacha.addenda.corrected_data", "corrected_data", ""),
    ("nacha.addenda.date_of_death", "date_of_death", None),
    ("nacha.addenda.trace", "trace_number", "000000000000000"),
]


@pytest.mark.parametrize(("rule", "column", "value"), ANSWER_CASES)
def test_faults_of_returns_and_notices(rule: str, column: str, value: Any) -> None:
    good = read(write(answered()))
    assert check(good).is_empty()
    told = pl.lit(value, good.addenda.schema[column])
    held = pl.col(column).is_not_null()
    bad = Nacha(
        good.file,
        good.batches,
        good.entries,
        good.addenda.with_columns(pl.when(held).then(told).otherwise(column).alias(column)),
    )
    assert set(check(bad)["rule"]) == {rule}


def test_wrong_order_of_addenda_and_mixed_batches() -> None:
    good = read(write(answered()))
    doubled = good.addenda.with_columns(entry=pl.lit(0, pl.Int64))
    found = check(Nacha(good.file, good.batches, good.entries, doubled))["rule"].to_list()
    assert "nacha.addenda.order" in found
    assert "nacha.batch.empty" not in found
    together = good.entries.with_columns(batch=pl.lit(0, pl.Int64))
    found = check(Nacha(good.file, good.batches, together, good.addenda))["rule"].to_list()
    assert {"nacha.batch.mixed_returns", "nacha.batch.empty"} <= set(found)


def test_zero_dollar_entries_need_their_addenda() -> None:
    found = read(write(nacha([batch(sec="CCD")], [entry(1, transaction_code=28, amount_cents=0)])))
    zero = found.entries.with_columns(transaction_code=pl.lit(29, pl.Int64))
    bare = Nacha(found.file, found.batches, zero)
    assert check(bare)["rule"].to_list() == ["nacha.entry.addenda_missing"]


def test_check_entries_need_their_serial_number() -> None:
    found = read(write(nacha(entries=[entry(1, individual_id="")])))
    arc = Nacha(
        found.file,
        found.batches.with_columns(sec=pl.lit("ARC")),
        found.entries.with_columns(sec=pl.lit("ARC")),
    )
    assert check(arc).select("rule", "line", "column").rows() == [("nacha.entry.individual_id", 3, 40)]


def test_every_rule_is_tried_somewhere() -> None:
    """Each id of the list, or its last word where a test needs no more, stands in a test of this folder."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py")).replace("\\", "")
    untried = [rule for rule in rules()["rule"] if rule not in tests and f'"{rule.split(".")[-1]}' not in tests]
    assert untried == []


def test_masking_hides_accounts_ids_and_corrected_data() -> None:
    shown = masked(read(write(answered())))
    assert shown.entries["account"].unique().to_list() == ["****7899"]
    assert shown.entries["individual_id"].unique().to_list() == ["****UB-1"]
    assert set(shown.addenda["corrected_data"].drop_nulls()) == {"****"}
    short = masked(nacha(entries=[entry(account="1234"), entry(2, account="")]))
    assert short.entries["account"].to_list() == ["****", ""]
