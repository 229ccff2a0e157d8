"""Bytes that leave: golden lines, what is filled in, what is refused, and that nothing is lost on the way."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import FormatError
from formats.nacha import SEC_CODES, Nacha, Offset, Profile, check, check_digits, completed, read, totals, write
from formats.nacha.refusal import WRITING_BATCH_RULES
from formats.rules import broken
from tests.formats.nacha.build import ODFI, answered, batch, entry, header, nacha
from tests.formats.nacha.drawn import written

GOLDEN = [
    "101 231380104 1210428822603020100A094101FEDERAL RESERVE BANK   OUR BANK" + " " * 23,
    "5225ACME BENEFITS                       1121042882PPDPREMIUM         260303   1121042880000001",
    "627231380104744567899        0000002500SUB-1          WADE ARNOLD             0121042880000001",
    "627231380104744567899        0000000199SUB-1          WADE ARNOLD             1121042880000002",
    "705thank you                                                                       00010000002",
    "822500000300462760200000000026990000000000001121042882                         121042880000001",
    "5220ACME BENEFITS                       1121042882CTXVENDOR PAY      260303   1121042880000002",
    "622231380104744567899        0000010000SUB-1          0002VENDOR INC          1121042880000003",
    "705first                                                                           00010000003",
    "705second                                                                          00020000003",
    "822000000300231380100000000000000000000100001121042882                         121042880000002",
    "9000002000002000000060069414030000000002699000000010000" + " " * 39,
]


def golden() -> Nacha:
    return nacha(
        [batch(), batch(sec="CTX", entry_description="VENDOR PAY")],
        [
            entry(1),
            entry(2, amount_cents=199),
            entry(3, batch=1, transaction_code=22, amount_cents=10000, name="VENDOR INC"),
        ],
        [
            {"entry": 1, "kind": "05", "payment_text": "thank you"},
            {"entry": 2, "kind": "05", "payment_text": "first"},
            {"entry": 2, "kind": "05", "payment_text": "second"},
        ],
    )


def test_golden_file() -> None:
    lines = write(golden()).decode().splitlines()
    assert lines[:12] == GOLDEN
    assert lines[12:] == ["9" * 94] * 8
    assert {len(line) for line in lines} == {94}


def test_golden_answers() -> None:
    """Each column of the three kinds of 99 and both kinds of 98, as section 2.4 of the layouts has them."""
    lines = [line for line in write(answered()).decode().splitlines() if line.startswith("7")]
    assert lines == [
        "799R1512104288000000726020123138010" + " " * 44 + "121042880000001",
        "799R69121042880000007      23138010   231380100000009061" + "0101*03" + " " * 16 + "121042880000002",
        "799R7312104288000000726030123138010059231380100000009061" + "01121042880000011063" + "68 121042880000003",
        "798C01121042880000007      23138010" + "1918171614" + " " * 34 + "121042880000004",
        "798C65121042880000007      23138010" + "1918171614" + " " * 19 + "C010000088" + " " * 5 + "121042880000005",
    ]


def test_profile_sets_line_end_and_blocking() -> None:
    plain = write(golden())
    assert write(golden(), Profile(line_end="\r\n")) == plain.replace(b"\n", b"\r\n")
    unblocked = write(golden(), Profile(blocking=False))
    assert unblocked == b"".join(plain.splitlines(keepends=True)[:12])
    assert read(unblocked).problems.is_empty()


def test_writing_twice_gives_the_same_bytes() -> None:
    assert write(golden()) == write(golden())


def test_service_class_follows_the_directions() -> None:
    whole = nacha(entries=[entry(1), entry(2, transaction_code=22)])
    assert completed(whole).batches["service_class"].to_list() == [200]


def test_offset_levels_each_batch() -> None:
    offset = Offset(rdfi="12104288", account="99887766", name="ACME BENEFITS")
    profile = Profile(offset=offset)
    balanced = read(write(golden(), profile))
    assert balanced.batches["control_debit_cents"].equals(balanced.batches["control_credit_cents"], check_names=False)
    assert balanced.batches["service_class"].to_list() == [200, 200]
    added = balanced.entries.filter(account="99887766")
    assert added.select("batch", "transaction_code", "amount_cents", "trace_number").rows() == [
        (0, 22, 2699, f"{ODFI}0000004"),
        (1, 27, 10000, f"{ODFI}0000005"),
    ]
    assert balanced.addenda["entry"].to_list() == [1, 3, 3]
    assert check(balanced).is_empty()
    level = nacha(entries=[entry(1), entry(2, transaction_code=22)])
    assert write(level, profile) == write(level)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("nacha.entry.amount_zero", {"amount_cents": 0}),
    ("nacha.entry.amount_not_zero", {"transaction_code": 28}),
    ("nacha.write.amount", {"amount_cents": -1}),
    ("nacha.write.amount", {"amount_cents": 10_000_000_000}),
    ("nacha.write.amount", {"amount_cents": None}),
    ("nacha.entry.transaction_code", {"transaction_code": 20}),
    ("nacha.write.transaction_code", {"transaction_code": None}),
    ("nacha.entry.rdfi", {"rdfi": "2313801"}),
    ("nacha.entry.rdfi", {"rdfi": "ABCDEFGH"}),
    ("nacha.entry.rdfi", {"rdfi": None}),
    ("nacha.entry.check_digit", {"check_digit": "5"}),
    ("nacha.entry.account", {"account": ""}),
    ("nacha.field.too_long", {"account": "123456789012345678"}),
    ("nacha.field.too_long", {"name": "A NAME OF MORE THAN 22 LETTERS"}),
    ("nacha.field.too_long", {"name": "JOSÉ"}),
    ("nacha.field.too_long", {"name": "TWO\nLINES"}),
    ("nacha.field.too_long", {"individual_id": "1234567890123456"}),
    ("nacha.entry.trace", {"trace_number": "1"}),
    ("nacha.entry.trace_odfi", {"trace_number": "231380100000001"}),
    ("nacha.entry.addenda_indicator", {"addenda_indicator": 1}),
    ("nacha.write.no_place", {"addenda_count": 0}),
    ("nacha.entry.loan_debit", {"transaction_code": 55}),
]


@pytest.mark.parametrize(("rule", "change"), REFUSED)
def test_forbidden_entries_are_refused(rule: str, change: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=f"^{rule}: ") as refused:
        write(nacha(entries=[entry(1, **change)]))
    assert "744567899" not in str(refused.value)
    assert "line 3, entry" in refused.value.where


REFUSED_BATCHES: list[tuple[str, dict[str, Any]]] = [
    ("nacha.batch.company_name", {"company_name": "000"}),
    ("nacha.batch.company_id", {"company_id": " "}),
    ("nacha.batch.entry_description", {"entry_description": ""}),
    ("nacha.batch.sec", {"sec": "ppd"}),
    ("nacha.write.sec", {"sec": "POS"}),
    ("nacha.batch.service_class", {"service_class": 300}),
    ("nacha.entry.service_class", {"service_class": 220}),
    ("nacha.batch.odfi", {"odfi": "1210428"}),
    ("nacha.batch.originator_status", {"originator_status": "0"}),
    ("nacha.field.too_long", {"company_name": "A COMPANY WITH A LONG NAME"}),
    ("nacha.field.too_long", {"batch_number": 10_000_000}),
]


@pytest.mark.parametrize(("rule", "change"), REFUSED_BATCHES)
def test_forbidden_batches_are_refused(rule: str, change: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=f"^{rule}: "):
        write(nacha(batches=[batch(**change)]))


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("nacha.file.destination_check_digit", {"destination": "231380105"}),
        ("nacha.file.origin", {"origin": ""}),
        ("nacha.file.modifier", {"modifier": "a"}),
        ("nacha.file.creation_time", {"creation_time": "2460"}),
        ("nacha.field.too_long", {"origin_name": "A BANK WITH A RATHER LONG NAME"}),
    ],
)
def test_forbidden_headers_are_refused(rule: str, change: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=f"^{rule}: "):
        write(nacha(file=header(**change)))


BACK = {"original_trace": "121042880000007", "original_rdfi": "23138010"}


@pytest.mark.parametrize(
    ("rule", "addendum"),
    [
        ("nacha.addenda.type_for_sec", {"kind": "10"}),
        ("nacha.write.addenda_kind", {"kind": "99I", "return_code": "R01", **BACK}),
        ("nacha.write.no_place", {"kind": "05", "payment_text": "x", "corrected_data": "y"}),
        ("nacha.addenda.sequence", {"kind": "05", "payment_text": "x", "sequence": 2}),
        ("nacha.write.return_code", {"kind": "99", "return_code": "R97", **BACK}),
        ("nacha.addenda.return_code", {"kind": "99", **BACK}),
        ("nacha.addenda.change_code", {"kind": "98", **BACK}),
        ("nacha.addenda.original_trace", {"kind": "99", "return_code": "R01", **BACK, "original_trace": "0" * 15}),
        ("nacha.field.too_long", {"kind": "05", "payment_text": "x" * 81}),
    ],
)
def test_forbidden_addenda_are_refused(rule: str, addendum: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=f"^{rule}: "):
        write(nacha(addenda=[{"entry": 0, **addendum}]))


def test_other_refusals() -> None:
    same = [entry(1), entry(1)]
    with pytest.raises(FormatError, match="trace_order"):
        write(nacha(entries=same))
    with pytest.raises(FormatError, match="trace_duplicate"):
        write(nacha([batch(), batch()], [entry(1), entry(1, batch=1)]))
    with pytest.raises(FormatError, match=r"nacha\.write\.order"):
        write(nacha([batch(), batch()], [entry(1, batch=1), entry(2, batch=0)]))
    with pytest.raises(FormatError, match=r"nacha\.write\.order"):
        write(nacha(entries=[entry(1, batch=7)]))
    with pytest.raises(FormatError, match=r"nacha\.write\.empty"):
        write(nacha(file=header().clear(), batches=[], entries=[]))
    back = {"entry": 0, "kind": "99", "return_code": "R01", **BACK}
    with pytest.raises(FormatError, match="mixed_returns"):
        write(nacha(entries=[entry(1, transaction_code=26), entry(2)], addenda=[back]))
    with pytest.raises(FormatError, match="batch_total"):
        write(nacha(entries=[entry(at, amount_cents=9_999_999_999) for at in range(1, 102)]))


def test_a_payment_may_carry_9999_addenda_and_no_more() -> None:
    def remitted(count: int) -> Nacha:
        texts = [{"entry": 0, "kind": "05", "payment_text": f"INVOICE {at}"} for at in range(count)]
        return nacha([batch(sec="CTX", entry_description="VENDOR")], [entry(1, transaction_code=22)], texts)

    found = read(write(remitted(9_999)))
    assert found.entries["addenda_count"].to_list() == [9_999]
    assert found.addenda["sequence"].to_list() == list(range(1, 10_000))
    assert check(found).is_empty()
    with pytest.raises(FormatError, match="addenda_max"):
        write(remitted(10_000))


def test_a_batch_of_a_million_records_is_refused() -> None:
    controls = completed(nacha()).batches.with_columns(written=pl.lit(value=True))
    assert broken(controls.with_columns(control_count=999_999), WRITING_BATCH_RULES).is_empty()
    found = broken(controls.with_columns(control_count=1_000_000), WRITING_BATCH_RULES)
    assert found["rule"].to_list() == ["nacha.write.batch_count"]


def test_a_banks_reject_is_not_written_again() -> None:
    with pytest.raises(FormatError, match=r"nacha\.write\.reject_trace"):
        write(nacha(entries=[entry(1, trace_number="REJ0603")]))


@pytest.mark.parametrize("sec", SEC_CODES.filter(~pl.col("written"))["sec"].to_list())
def test_what_is_not_originated_is_not_written(sec: str) -> None:
    plain = {name: value for name, value in entry(1).items() if name not in ("individual_id", "name")}
    with pytest.raises(FormatError, match=r"^nacha\.write\.sec: ") as refused:
        write(nacha([batch(sec=sec)], [plain]))
    assert f"line 2, batch header, columns 51-53, sec '{sec}'" in refused.value.where


def test_wrong_types_are_refused_without_quoting_them() -> None:
    whole = nacha()
    secret = whole.entries.with_columns(amount_cents=pl.lit("744567899x"))
    with pytest.raises(FormatError) as refused:
        write(Nacha(whole.file, whole.batches, secret))
    assert "744567899" not in str(refused.value)


def test_a_named_relaxation_turns_the_refusal_off() -> None:
    strange = nacha(batches=[batch(originator_status="0")])
    profile = Profile(relaxed=frozenset({"nacha.batch.originator_status"}))
    found = read(write(strange, profile))
    assert check(found).select("rule", "severity").rows() == [("nacha.batch.originator_status", "error")]
    assert check(found, profile)["severity"].to_list() == ["warning"]


# --- What is written is read back whole ----------------------------------------------------------------


@settings(max_examples=40, deadline=None, derandomize=True)
@given(written())
def test_what_is_written_is_read_back(drawn: tuple[Nacha, Profile]) -> None:
    whole, profile = drawn
    data = write(whole, profile)
    found = read(data)
    expected = completed(whole, profile)
    for name in ("file", "batches", "entries", "addenda"):
        assert getattr(found, name).rows() == getattr(expected, name).rows(), name
        if profile.offset is None:
            _assert_kept(getattr(whole, name), getattr(found, name))
    assert found.problems.is_empty()
    told = check(found, profile)
    # Without blocking the control's block count is the only thing to remark.
    assert told.is_empty() if profile.blocking else set(told["rule"]) <= {"nacha.file.blocks"}
    assert write(found, profile) == data
    counted = totals(data)
    assert counted.agrees
    assert (counted.entries, counted.addenda) == (found.entries.height, found.addenda.height)


def _assert_kept(given_frame: pl.DataFrame, ours: pl.DataFrame) -> None:
    """Whatever was given stands in what was read."""
    for column in given_frame.columns:
        held = given_frame[column].is_not_null()
        assert ours.filter(held)[column].to_list() == given_frame.filter(held)[column].to_list()


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 99_999_999), min_size=1, max_size=20))
def test_check_digit_brings_the_weighted_sum_to_a_multiple_of_ten(numbers: list[int]) -> None:
    eights = [f"{number:08d}" for number in numbers]
    for eight, digit in zip(eights, check_digits(pl.Series(eights)), strict=True):
        weighted = sum(int(each) * weight for each, weight in zip(eight + digit, (3, 7, 1) * 3, strict=True))
        assert weighted % 10 == 0
