"""Bytes that leave: golden lines, what is filled in, what is refused, and that nothing is lost on the way."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import FormatError
from formats.nacha import STRICT, Nacha, Offset, Profile, check, check_digits, completed, read, write
from tests.formats.nacha.build import ODFI, answered, batch, entry, header, nacha

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

_TEXT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-*&'/", min_size=1, max_size=15).map(
    lambda text: "A" + text.rstrip()[:14]
)
_DIGITS8 = st.integers(1_0000000, 9_9999999).map(str)
_LIVE = st.sampled_from([22, 27, 32, 37, 42, 47, 52])
_ACCOUNT = st.text("0123456789-", min_size=1, max_size=17).map(lambda text: " " * (len(text) % 2) + text[:16])


@st.composite
def _forward(draw: st.DrawFn, sec: str, number: int, odfi: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    code = 27 if sec == "TEL" else draw(_LIVE)
    prenote = draw(st.booleans())
    made = {
        "transaction_code": code + 1 if prenote and sec != "TEL" else code,
        "amount_cents": 0 if prenote and sec != "TEL" else draw(st.integers(1, 99_999_999)),
        "rdfi": draw(_DIGITS8),
        "account": draw(_ACCOUNT),
        "individual_id": draw(_TEXT),
        "name": draw(_TEXT),
        "discretionary": draw(st.sampled_from(["", "S", "R", "A1"])),
        "trace_number": f"{odfi}{number:07d}",
    }
    most = {"CTX": 4, "TEL": 0}.get(sec, 1)
    texts = draw(st.lists(_TEXT, max_size=most))
    return made, [{"kind": "05", "payment_text": text} for text in texts]


@st.composite
def _answer(draw: st.DrawFn, kind: str, number: int, odfi: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    notice = kind.startswith("98")
    made = {
        "transaction_code": draw(st.sampled_from([21, 26, 31, 36, 41, 46, 51, 56])),
        "amount_cents": 0 if notice else draw(st.integers(0, 99_999_999)),
        "rdfi": draw(_DIGITS8),
        "account": draw(_ACCOUNT),
        "individual_id": draw(_TEXT),
        "name": draw(_TEXT),
        "trace_number": f"{odfi}{number:07d}",
    }
    trace = st.integers(1, 10**15 - 1).map(lambda value: f"{value:015d}")
    told: dict[str, Any] = {"kind": kind, "original_trace": draw(trace), "original_rdfi": draw(_DIGITS8)}
    day = st.integers(1, 366).map(lambda value: f"{value:03d}")
    match kind:
        case "98":
            told |= {"change_code": draw(st.sampled_from(["C01", "C02", "C05"])), "corrected_data": draw(_TEXT)}
        case "98R":
            told |= {"change_code": "C65", "corrected_data": draw(_TEXT), "refused_change_code": "C01"}
            told |= {"refused_sequence": "0000012"}
        case "99":
            told |= {"return_code": draw(st.sampled_from(["R01", "R02", "R03", "R10", "R29"]))}
            told |= {"addenda_information": draw(_TEXT)}
        case "99D":
            told |= {"return_code": "R68", "return_trace": draw(trace), "return_settlement_day": draw(day)}
            told |= {"return_reason": "01", "addenda_information": draw(_TEXT)}
        case _:
            told |= {"return_code": "R73", "original_return_date": date(2026, 3, 5), "return_reason": "01"}
            told |= {"return_trace": draw(trace), "dishonored_trace": draw(trace), "dishonored_reason": "68"}
            told |= {"original_settlement_day": draw(day), "return_settlement_day": draw(day)}
            told |= {"dishonored_settlement_day": draw(day)}
    return made, [told]


_KINDS = ["PPD", "CCD", "CTX", "WEB", "TEL", "98", "98R", "99", "99D", "99C"]


@st.composite
def files(draw: st.DrawFn) -> Nacha:
    batches: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    addenda: list[dict[str, Any]] = []
    count = draw(st.integers(1, 2))
    for file in range(count):
        number = 0
        for _ in range(draw(st.integers(0, 3))):
            kind = draw(st.sampled_from(_KINDS))
            odfi = draw(_DIGITS8)
            sec = kind if kind.isalpha() else "COR" if kind.startswith("98") else draw(st.sampled_from(["PPD", "CCD"]))
            batches.append(batch(file=file, sec=sec, odfi=odfi, company_name=draw(_TEXT)))
            for _ in range(draw(st.integers(1, 4))):
                number += draw(st.integers(1, 50))
                made, told = draw(_forward(sec, number, odfi) if kind.isalpha() else _answer(kind, number, odfi))
                addenda += [{"entry": len(entries), **one} for one in told]
                entries.append({"batch": len(batches) - 1, **made})
    file_rows = pl.concat([header(modifier="AB"[at]).with_columns(file=pl.lit(at, pl.Int64)) for at in range(count)])
    return nacha(batches, entries, addenda, file_rows)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(files(), st.sampled_from([STRICT, Profile(line_end="\r\n"), Profile(blocking=False)]))
def test_what_is_written_is_read_back(whole: Nacha, profile: Profile) -> None:
    data = write(whole, profile)
    found = read(data)
    expected = completed(whole, profile)
    for name in ("file", "batches", "entries", "addenda"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert ours.rows() == theirs.rows(), name
        given_columns = getattr(whole, name)
        for column in given_columns.columns:
            held = given_columns[column].is_not_null()
            assert ours.filter(held)[column].to_list() == given_columns.filter(held)[column].to_list()
    assert found.problems.is_empty()
    told = ["nacha.file.blocks", "nacha.file.no_batches"]
    not_blocks = check(found, profile).filter(~pl.col("rule").is_in(told))
    assert not_blocks.is_empty()
    assert write(found, profile) == data


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 99_999_999), min_size=1, max_size=20))
def test_check_digit_brings_the_weighted_sum_to_a_multiple_of_ten(numbers: list[int]) -> None:
    eights = [f"{number:08d}" for number in numbers]
    for eight, digit in zip(eights, check_digits(pl.Series(eights)), strict=True):
        weighted = sum(int(each) * weight for each, weight in zip(eight + digit, (3, 7, 1) * 3, strict=True))
        assert weighted % 10 == 0
