"""BAI2 statements: a golden file, what is read from others' files, controls, refusals, and nothing lost."""

import random
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.bai2 import (
    ACCOUNTS,
    FILE,
    GROUPS,
    SUMMARIES,
    TRANSACTIONS,
    Profile,
    Statement,
    check,
    read,
    signed_cents,
    write,
)
from formats.errors import FormatError

LONG = "ACH SETTLEMENT FOR THE FILE OF MARCH THIRD, 1204 ENTRIES, LESS 12 RETURNED ITEMS AND 3 NOTICES"

GOLDEN = """\
01,121042882,DAYBOOK,260304,0600,1,,,2/
02,DAYBOOK,121042882,1,260303,2359,USD,/
03,99887766,USD,010,100000,,,015,110200,,,100,12500,2,/
16,142,12000,0,REF1,F20260303A,ACH CREDIT, BATCH 1/2
16,166,500,,,/
16,451,2300,0,REF2,F20260302A/
88,ACH SETTLEMENT FOR THE FILE OF MARCH THIRD, 1204 ENTRIES, LESS 12 RETURNED
88,ITEMS AND 3 NOTICES
49,237500,7/
98,237500,1,9/
99,237500,1,11/
"""


def frame(rows: list[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def statement(transactions: list[dict[str, Any]], **account: Any) -> Statement:
    header = {
        "sender": "121042882",
        "receiver": "DAYBOOK",
        "creation_date": date(2026, 3, 4),
        "creation_time": "0600",
        "file_id": "1",
    }
    group = {
        "receiver": "DAYBOOK",
        "originator": "121042882",
        "status": "1",
        "as_of_date": date(2026, 3, 3),
        "as_of_time": "2359",
        "currency": "USD",
    }
    return Statement(
        frame([header], FILE),
        frame([group], GROUPS),
        frame([{"group": 0, "account_number": "99887766", "currency": "USD", **account}], ACCOUNTS),
        frame([{"account": 0, **row} for row in transactions], TRANSACTIONS),
    )


def golden() -> Statement:
    made = statement(
        [
            {
                "type_code": "142",
                "amount_cents": 12000,
                "funds_type": "0",
                "bank_reference": "REF1",
                "customer_reference": "F20260303A",
                "text": "ACH CREDIT, BATCH 1/2",
            },
            {"type_code": "166", "amount_cents": 500},
            {
                "type_code": "451",
                "amount_cents": 2300,
                "funds_type": "0",
                "bank_reference": "REF2",
                "customer_reference": "F20260302A",
                "text": LONG,
            },
        ],
        opening_ledger_cents=100000,
        closing_ledger_cents=110200,
    )
    told = [{"account": 0, "type_code": "100", "amount_cents": 12500, "item_count": 2}]
    return Statement(made.file, made.groups, made.accounts, made.transactions, frame(told, SUMMARIES))


def test_golden_file() -> None:
    assert write(golden()).decode() == GOLDEN


def test_golden_file_is_read_back() -> None:
    found = read(GOLDEN.encode())
    assert found.problems.is_empty()
    assert check(found).is_empty()
    account = found.accounts.row(0, named=True)
    assert account["account_number"] == "99887766"
    assert (account["opening_ledger_cents"], account["closing_ledger_cents"]) == (100000, 110200)
    assert found.transactions["text"].to_list() == ["ACH CREDIT, BATCH 1/2", "", LONG]
    assert found.transactions["line"].to_list() == [4, 5, 6]
    assert found.transactions.select(signed_cents()).to_series().to_list() == [12000, 500, -2300]
    assert found.summaries.select("type_code", "amount_cents", "item_count").rows() == [("100", 12500, 2)]
    assert write(found) == GOLDEN.encode()


def test_a_banks_own_forms_are_read() -> None:
    """CRLF, byte order mark, continued summaries, availability by funds types S, V and D, two accounts."""
    text = (
        "01,122099999,123456789,260304,0200,1,80,1,2/\r\n"
        "02,031001234,122099999,1,260303,2359,,2/\r\n"
        "03,0123456789,,010,500000,,,190,70000000,4,0/\r\n"
        "88,015,-41500,,/\r\n"
        "16,165,1500000,1,DD1620,,DEALER PAYMENTS\r\n"
        "16,115,10000000,S,5000000,4000000,1000000,LB1,,LOCK BOX/\r\n"
        "16,301,2000,V,260305,1200,VR,CR,VALUE/\r\n"
        "16,301,3000,D,2,0,1000,1,2000,DR,CR,SPREAD\r\n"
        "49,81963500,7/\r\n"
        "03,9876543210,CAD/\r\n"
        "49,0,2/\r\n"
        "98,81963500,2,11/\r\n"
        "99,81963500,1,13/\r\n"
    )
    found = read(b"\xef\xbb\xbf" + text.encode())
    assert found.problems.is_empty()
    assert check(found)["rule"].to_list() == ["bai2.account.balance"]
    assert found.accounts["currency"].to_list() == ["USD", "CAD"]
    assert found.accounts["closing_ledger_cents"].to_list() == [-41500, None]
    rows = found.transactions.select("funds_type", "availability", "bank_reference", "text").rows()
    assert rows == [
        ("1", "", "DD1620", "DEALER PAYMENTS"),
        ("S", "5000000,4000000,1000000", "LB1", "LOCK BOX"),
        ("V", "260305,1200", "VR", "VALUE"),
        ("D", "2,0,1000,1,2000", "DR", "SPREAD"),
    ]
    again = read(write(found))
    assert again.transactions.drop("line").rows() == found.transactions.drop("line").rows()


def test_any_changed_digit_of_the_money_is_caught() -> None:
    data = GOLDEN.encode()
    tried = 0
    for number, line in enumerate(GOLDEN.splitlines()):
        start = len("\n".join(GOLDEN.splitlines()[:number])) + (1 if number else 0)
        parts = line.split(",")
        guarded = {"16": [2], "49": [1, 2], "98": [1, 2, 3], "99": [1, 2, 3], "03": [4, 8, 12]}.get(line[:2], [])
        for part in guarded:
            at = start + len(",".join(parts[:part])) + 1
            for place in range(at, at + len(parts[part].rstrip("/"))):
                flipped = data[:place] + str((data[place] - 47) % 10).encode() + data[place + 1 :]
                found = check(read(flipped))
                assert not found.filter(severity="error").is_empty(), (number + 1, part)
                tried += 1
    assert tried > 50


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("16,142,12000", "16,14,12000", "bai2.transaction.type_code"),
        ("16,142,12000", "16,999,12000", "bai2.transaction.direction"),
        ("16,142,12000", "16,142,-12000", "bai2.transaction.amount_sign"),
        ("99887766", "", "bai2.account.number"),
        (",260303,", ",269999,", "bai2.group.as_of_date"),
        ("121042882,1,", "121042882,9,", "bai2.group.status"),
        ("121042882,1,", "121042882,4,", "bai2.group.not_update"),
        ("260304", "", "bai2.file.creation_date"),
        ("015,110200", "015,110201", "bai2.account.balance"),
        ("49,237500,7/\n", "", "bai2.account.no_trailer"),
        ("98,237500,1,9/\n", "", "bai2.group.no_trailer"),
        ("01,121042882,DAYBOOK,260304,0600,1,,,2/\n", "", "bai2.file.no_header"),
    ],
)
def test_each_fault_is_found(old: str, new: str, rule: str) -> None:
    assert GOLDEN.count(old) == 1
    found = check(read(GOLDEN.replace(old, new).encode()))
    assert rule in found["rule"].to_list()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "bai2.file.empty"),
        (b"hello", "bai2.file.not_bai2"),
        (b"{}", "bai2.file.not_bai2"),
        (GOLDEN.replace("16,142,12000", "16,142,12O00").encode(), "bai2.field.numeric"),
        (GOLDEN.replace("16,142", "17,142").encode(), "bai2.record.unknown"),
        (GOLDEN.replace("99,237500,1,11/\n", "").encode(), "bai2.file.no_trailer"),
        (GOLDEN.replace("03,998", "49,998").encode(), "bai2.record.order"),
        (GOLDEN.replace("ACH CREDIT", "CRÉDIT").encode("cp1252"), "bai2.text.encoding"),
    ],
)
def test_reading_tells_what_it_could_not_take(data: bytes, rule: str) -> None:
    found = read(data)
    assert rule in found.problems["rule"].to_list()
    assert "99887766" not in "".join([*found.problems["message"], *check(found)["message"]])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"bank_reference": "A,B"}, "bank_reference"),
        ({"customer_reference": "A/B"}, "customer_reference"),
        ({"text": "ÉTÉ"}, "text"),
        ({"text": "ENDS WITH/"}, "text"),
        ({"text": "X" * 100}, "text"),
        ({"type_code": "14"}, "type_code"),
        ({"amount_cents": None}, "amount_cents"),
        ({"account": 3}, "order"),
        ({"availability": "ABC"}, "availability"),
    ],
)
def test_writing_refuses_what_the_form_cannot_hold(change: dict[str, Any], rule: str) -> None:
    row = {"type_code": "142", "amount_cents": 1, "text": "PAID", **change}
    with pytest.raises(FormatError, match=rf"^bai2\.write\.{rule}: "):
        write(statement([row]))


_WORD = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,.-", min_size=1, max_size=12)
_REFERENCE = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", max_size=16)
_ROW = st.fixed_dictionaries(
    {
        "type_code": st.sampled_from(["142", "165", "166", "451", "455", "466", "557"]),
        "amount_cents": st.integers(0, 10**11),
        "funds_type": st.sampled_from(["", "0", "1", "Z"]),
        "bank_reference": _REFERENCE,
        "customer_reference": _REFERENCE,
        "text": st.lists(_WORD, max_size=30).map(" ".join),
    }
)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(_ROW, max_size=6), st.integers(-(10**11), 10**11), st.sampled_from([20, 40, 80]))
def test_what_is_written_is_read_back(rows: list[dict[str, Any]], opening: int, width: int) -> None:
    moved = sum(row["amount_cents"] * (1 if row["type_code"] < "400" else -1) for row in rows)
    made = statement(rows, opening_ledger_cents=opening, closing_ledger_cents=opening + moved)
    data = write(made, Profile(width=width))
    found = read(data)
    assert found.problems.is_empty()
    assert check(found).is_empty()
    kept = list(rows[0]) if rows else []
    assert found.transactions.select(kept).rows(named=True) == rows
    assert found.accounts["opening_ledger_cents"].to_list() == [opening]
    assert write(found, Profile(width=width)) == data


def test_spoiled_statements_never_raise() -> None:
    luck = random.Random(11)  # noqa: S311 - seeded on purpose
    base = GOLDEN.encode()
    for _ in range(200):
        out = bytearray(base)
        for _ in range(luck.randint(1, 5)):
            at = luck.randrange(len(out))
            match luck.randrange(4):
                case 0:
                    out[at] = luck.randrange(256)
                case 1:
                    del out[at : at + luck.randint(1, 60)]
                case 2:
                    out[at:at] = luck.choice([b"\n88,", b"/", b",", b"\n16,", b"\n03,", b"\n49,", b",D,99,"])
                case _:
                    out += base[: luck.randrange(len(base))]
            out = out or bytearray(b"0")
        check(read(bytes(out)))
