"""The list of rules, and the rules that hold by date or by what a batch calls itself."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from formats.errors import FormatError
from formats.nacha import DESCRIPTIONS, LIMITS, Profile, check, controls, read, refusal, rules, write
from formats.nacha.rules_addenda import ADDENDA_RULES, ANSWER_RULES
from formats.nacha.rules_batch import BATCH_RULES, FILE_RULES
from formats.nacha.rules_dated import LIMIT_RULES, SAME_DAY_RULES
from formats.nacha.rules_description import BATCH_DESCRIPTION_RULES, ENTRY_DESCRIPTION_RULES
from formats.nacha.rules_entry import ADV_RULES, DUPLICATE_TRACE, ENTRY_RULES, TRACE_RULES
from formats.nacha.rules_iat import IAT_ADDENDA_RULES, IAT_BATCH_RULES, IAT_BLANK_RULES
from formats.rules import Rule
from tests.formats.nacha.build import batch, entry, header, iat_batch, iat_entry, iat_parties, nacha

PACKAGE = Path(str(controls.__file__)).parent
# Made by functions or under conditions; their ids stand in the source as they are.
IN_SOURCE = re.compile(r'"(nacha\.(?:text|line|record|field|file|batch|entry|addenda|write)\.[a-z0-9_]+)[":]')


def every_rule() -> list[Rule]:
    from_lists = [*FILE_RULES, *BATCH_RULES, *IAT_BATCH_RULES, *SAME_DAY_RULES, *BATCH_DESCRIPTION_RULES]
    from_lists += [*ENTRY_RULES, *TRACE_RULES, *ADV_RULES, DUPLICATE_TRACE, *LIMIT_RULES, *ENTRY_DESCRIPTION_RULES]
    from_lists += [*ADDENDA_RULES, *ANSWER_RULES, *IAT_ADDENDA_RULES, *IAT_BLANK_RULES]
    from_lists += [*controls._batch_rules(), *controls._file_rules()]
    return [*from_lists, *refusal.WRITING_BATCH_RULES, *refusal.WRITING_ENTRY_RULES, *refusal.WRITING_ADDENDA_RULES]


def test_every_rule_is_listed_once_and_every_listed_one_exists() -> None:
    listed = rules()
    assert listed["rule"].is_unique().all()
    assert listed.null_count().row(0) == (0, 0, 0, 0, 0)
    source = "\n".join(path.read_text() for path in PACKAGE.glob("*.py"))
    told = {rule.rule for rule in every_rule()} | set(IN_SOURCE.findall(source))
    assert told == set(listed["rule"])


def test_listed_severities_are_those_of_the_rules() -> None:
    listed = dict(rules().select("rule", "severity").rows())
    assert {rule.rule: listed[rule.rule] for rule in every_rule()} == {
        rule.rule: rule.severity for rule in every_rule()
    }


def test_every_problem_says_what_to_do() -> None:
    spoiled = write(nacha()).replace(b"PPDPREMIUM", b"ppd       ").replace(b"0000002500", b"00000025O0")
    found = read(b"X\n" + spoiled)
    both = pl.concat([found.problems, check(found)])
    assert both.height > 3
    assert (both["hint"] != "").all()
    with pytest.raises(FormatError, match="give the account number"):
        write(nacha(entries=[entry(account="")]))


# --- Limits by date --------------------------------------------------------------------------------------

SAME_DAY = {"descriptive_date": "SD1300"}


@pytest.mark.parametrize(
    ("made_on", "cents", "allowed"),
    [
        (date(2016, 9, 22), 99_999_999_99, True),  # there was no same-day settlement yet
        (date(2016, 9, 23), 25_000_00, True),
        (date(2016, 9, 23), 25_000_01, False),
        (date(2020, 3, 19), 25_000_01, False),
        (date(2020, 3, 20), 100_000_00, True),
        (date(2020, 3, 20), 100_000_01, False),
        (date(2022, 3, 17), 100_000_01, False),
        (date(2022, 3, 18), 1_000_000_00, True),
        (date(2022, 3, 18), 1_000_000_01, False),
        (date(2026, 3, 2), 1_000_000_01, False),
    ],
)
def test_same_day_limit_of_the_day_the_file_was_made(made_on: date, cents: int, allowed: bool) -> None:
    whole = nacha([batch(**SAME_DAY)], [entry(amount_cents=cents)], file=header(creation_date=made_on))
    if allowed:
        assert check(read(write(whole))).is_empty()
        return
    with pytest.raises(FormatError, match=r"same_day_limit: the amount is above the limit of \d+ dollars") as refused:
        write(whole)
    assert "line 3, entry, columns 30-39, amount_cents" in refused.value.where


def test_an_amount_above_the_limit_on_a_days_date_alone_is_a_warning() -> None:
    today = {"effective_entry_date": date(2026, 3, 2)}
    found = check(read(write(nacha([batch(**today)], [entry(amount_cents=1_000_000_01)]))))
    assert found.select("rule", "severity", "line", "column").rows() == [
        ("nacha.entry.todays_date_limit", "warning", 3, 30)
    ]
    abroad = nacha([iat_batch(**today)], [iat_entry(amount_cents=1_000_000_01)], iat_parties(at=0))
    assert check(read(write(abroad))).is_empty()


def test_the_limit_is_a_deviation_that_can_be_named() -> None:
    whole = nacha([batch(**SAME_DAY)], [entry(amount_cents=1_000_000_01)])
    profile = Profile(relaxed=frozenset({"nacha.entry.same_day_limit"}))
    assert check(read(write(whole, profile)), profile)["severity"].to_list() == ["warning"]


def test_same_day_is_not_for_enrollments_and_needs_a_time() -> None:
    enrollment = nacha(
        [batch(sec="ENR", entry_description="AUTOENROLL", **SAME_DAY)],
        [entry(transaction_code=28, amount_cents=0)],
        [{"entry": 0, "kind": "05", "payment_text": "x"}],
    )
    assert check(read(write(enrollment)))["rule"].to_list() == ["nacha.batch.same_day_sec"]
    found = check(read(write(nacha([batch(descriptive_date="SD2561")]))))
    assert found["rule"].to_list() == ["nacha.batch.same_day_time"]


@pytest.mark.parametrize("sec", ["ARC", "BOC", "POP"])
def test_converted_checks_are_capped(sec: str) -> None:
    def found(cents: int) -> list[Any]:
        good = write(nacha(entries=[entry(amount_cents=cents)]))
        return check(read(good.replace(b"PPDPREMIUM", sec.encode() + b"PREMIUM"))).rows()

    assert found(25_000_00) == []
    assert [row[0] for row in found(25_000_01)] == ["nacha.entry.check_conversion_limit"]


def test_dated_tables_do_not_overlap() -> None:
    for frame, key in ((LIMITS, "limit"), (DESCRIPTIONS, "description")):
        for _, rows in frame.group_by(key):
            times = rows.sort("effective_from").select("effective_from", "effective_to").rows()
            assert all(end is not None and end <= start for (_, end), (start, _) in pairwise(times))


# --- What a batch calls itself ------------------------------------------------------------------------------


AFTER = date(2026, 3, 20)
LOOSE = Profile(relaxed=frozenset(rules()["rule"]))


def told(
    description: str, codes: list[tuple[int, int]], made_on: date = date(2026, 3, 20), sec: str = "PPD"
) -> list[str]:
    """Check a batch of this description with entries of these codes and amounts, as read from its bytes."""
    entries = [entry(at, transaction_code=code, amount_cents=cents) for at, (code, cents) in enumerate(codes, 1)]
    whole = nacha([batch(entry_description=description, sec=sec)], entries, file=header(creation_date=made_on))
    return check(read(write(whole, LOOSE)))["rule"].to_list()


BEFORE = date(2026, 3, 19)  # the day before PAYROLL and PURCHASE are reserved


@pytest.mark.parametrize(
    ("description", "codes", "more", "expected"),
    [
        ("PAYROLL", [(22, 100)], {}, []),
        ("PAYROLL 01", [(22, 100)], {}, []),
        ("PAYROLL", [(27, 100)], {}, ["nacha.batch.payroll"]),
        ("PAYROLL", [(22, 100)], {"sec": "CCD"}, ["nacha.batch.payroll"]),
        ("PAYROLL", [(22, 100)], {"sec": "CCD", "made_on": BEFORE}, []),
        ("PAYROLL", [(22, 100), (32, 50), (27, 150)], {}, []),  # balanced: one debit levels the credits
        ("Payroll", [(22, 100)], {}, ["nacha.batch.description_capitals"]),
        ("PURCHASE", [(27, 100)], {"sec": "WEB"}, []),
        ("PURCHASE", [(27, 100)], {}, ["nacha.batch.purchase"]),
        ("PURCHASE", [(27, 100)], {"made_on": BEFORE}, []),
        ("purchase", [(27, 100)], {"sec": "WEB"}, ["nacha.batch.description_capitals"]),
        ("RETRY PYMT", [(27, 100)], {}, []),
        ("RETRY PYMT", [(27, 100), (22, 60)], {}, ["nacha.batch.retry"]),
        ("RETRY PYMT", [(27, 100), (37, 50), (22, 150)], {}, []),
        ("Retry Pymt", [(27, 100)], {}, ["nacha.batch.description_capitals"]),
        ("RETURN FEE", [(27, 100)], {}, []),
        ("RETURN FEE", [(22, 100)], {}, ["nacha.batch.return_fee"]),
        ("REVERSAL", [(22, 100), (27, 60)], {}, []),
        ("REVERSAL", [(22, 100)], {"sec": "TEL"}, []),
        ("REVERSAL", [(55, 100)], {}, []),
        ("REVERSAL", [(28, 0)], {}, ["nacha.entry.reversal_prenote"]),
        ("ACCTVERIFY", [(22, 11), (22, 99), (27, 110)], {}, []),
        ("ACCTVERIFY", [(22, 100)], {}, ["nacha.entry.micro_amount"]),
        ("ACCTVERIFY", [(22, 11), (27, 12)], {}, ["nacha.batch.micro_total"]),
        ("ACCTVERIFY", [(22, 100)], {"made_on": date(2022, 9, 15)}, []),
        ("REDEPCHECK", [(27, 100)], {}, ["nacha.batch.redepcheck"]),
        ("AUTOENROLL", [(27, 100)], {}, ["nacha.batch.autoenroll"]),
        # Free text that merely holds a word is nobody's business.
        ("PRENOTE", [(27, 100)], {}, []),
        ("NO RETRY", [(27, 100)], {}, []),
        ("MY PAYROLL", [(27, 100)], {}, []),
        ("PURCHASES", [(27, 100)], {}, []),
        ("CARD REVER", [(27, 100)], {}, []),
    ],
)
def test_reserved_descriptions(
    description: str, codes: list[tuple[int, int]], more: dict[str, Any], expected: list[str]
) -> None:
    assert told(description, codes, **more) == expected


def test_sec_codes_that_need_their_description() -> None:
    enrollment = nacha(
        [batch(sec="ENR", entry_description="ENROLL")],
        [entry(transaction_code=28, amount_cents=0)],
        [{"entry": 0, "kind": "05", "payment_text": "x"}],
    )
    with pytest.raises(FormatError, match="autoenroll_missing"):
        write(enrollment)
    check_again = write(nacha()).replace(b"PPDPREMIUM", b"RCKPREMIUM")
    assert check(read(check_again))["rule"].to_list() == ["nacha.batch.redepcheck_missing"]
    right = write(nacha()).replace(b"PPDPREMIUM   ", b"RCKREDEPCHECK")
    assert check(read(right)).is_empty()


def test_answers_may_copy_the_description_of_what_they_answer() -> None:
    back = {
        "entry": 0,
        "kind": "99",
        "return_code": "R01",
        "original_trace": "121042880000007",
        "original_rdfi": "1" * 8,
    }
    whole = nacha([batch(entry_description="RETRY PYMT")], [entry(transaction_code=21)], [back])
    assert check(read(write(whole))).is_empty()


# --- International entries and advices --------------------------------------------------------------------------


PARTIES = iat_parties(remittances=1, banks=1)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("nacha.addenda.iat_order", [*PARTIES[:3], *PARTIES[4:]]),
        ("nacha.addenda.iat_order", [PARTIES[0], *PARTIES]),
        ("nacha.addenda.iat_order", [*PARTIES[:6], *PARTIES[7:]]),
        ("nacha.addenda.iat_max", iat_parties(remittances=3)),
        ("nacha.addenda.iat_max", iat_parties(banks=6)),
        ("nacha.entry.addenda_max", iat_parties(remittances=2, banks=4)),
        ("nacha.entry.iat_addenda", PARTIES[:5]),
        ("nacha.addenda.iat_blank", [{**PARTIES[0], "name": ""}, *PARTIES[1:]]),
        ("nacha.addenda.iat_blank", [*PARTIES[:3], {**PARTIES[3], "party_id": None}, *PARTIES[4:]]),
        ("nacha.addenda.type_for_sec", [*PARTIES, {"kind": "05", "payment_text": "x"}]),
    ],
)
def test_addenda_of_international_entries(rule: str, rows: list[dict[str, Any]]) -> None:
    whole = nacha([iat_batch()], [iat_entry(1)], [{"entry": 0, **row} for row in rows])
    with pytest.raises(FormatError):
        write(whole)
    assert rule in check(read(write(whole, LOOSE)))["rule"].to_list()


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("nacha.batch.iat_exchange", {"exchange_indicator": "XX"}),
        ("nacha.batch.iat_country", {"destination_country": "C"}),
        ("nacha.batch.iat_originating_currency", {"originating_currency": ""}),
        ("nacha.batch.iat_destination_currency", {"destination_currency": "ca1"}),
        ("nacha.write.gateway_status", {"originator_status": "0"}),
        ("nacha.write.no_place", {"company_discretionary": "X"}),
        ("nacha.write.no_place", {"descriptive_date": "SD1300"}),
    ],
)
def test_headers_of_international_batches(rule: str, change: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=rule):
        write(nacha([iat_batch(**change)], [iat_entry(1)], iat_parties(at=0)))


def test_what_gateways_do_is_read_with_a_warning() -> None:
    """An originator status of 0, and a count of the seven addenda alone where more follow."""
    good = write(nacha([iat_batch()], [iat_entry(1)], iat_parties(remittances=1, at=0))).decode().splitlines()
    good[1] = good[1][:78] + "0" + good[1][79:]
    good[2] = good[2][:12] + "0007" + good[2][16:]
    found = check(read(("\n".join(good) + "\n").encode()))
    assert found.select("rule", "severity", "line", "column").rows() == [
        ("nacha.batch.gateway_status", "warning", 2, 79),
        ("nacha.entry.iat_addenda_count", "warning", 3, 13),
    ]


def test_a_name_has_no_place_in_an_international_entry() -> None:
    with pytest.raises(FormatError, match="no place for name") as refused:
        write(nacha([iat_batch()], [iat_entry(1, name="WADE ARNOLD")], iat_parties(at=0)))
    assert "WADE" not in str(refused.value)


ADVICE = {
    "operator_routing": "01100001",
    "operator_day": "050",
    "operator_sequence": "0001",
    "advice_routing": "121042882",
}


def advice(**changes: Any) -> dict[str, Any]:
    plain = {name: value for name, value in entry(1).items() if name not in ("individual_id", "trace_number")}
    return {**plain, "transaction_code": 81, "discretionary": "", **ADVICE, **changes}


def test_advices() -> None:
    assert check(read(write(nacha([batch(sec="ADV")], [advice(), advice(operator_sequence="0002")])))).is_empty()
    for rule, rows in (
        ("nacha.entry.adv_operator", [advice(operator_day="50")]),
        ("nacha.write.amount", [advice(amount_cents=1_000_000_000_000)]),
        ("nacha.write.no_place", [advice(trace_number="121042880000001")]),
    ):
        with pytest.raises(FormatError, match=rule):
            write(nacha([batch(sec="ADV")], rows))
    with pytest.raises(FormatError, match=r"nacha\.file\.adv_mixed"):
        write(nacha([batch(sec="ADV"), batch()], [advice(), entry(2, batch=1)]))
    with pytest.raises(FormatError, match=r"nacha\.batch\.adv_class"):
        write(nacha([batch(sec="ADV", service_class=200)], [advice()]))
