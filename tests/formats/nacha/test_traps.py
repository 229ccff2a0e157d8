"""Traps seen in real files: each test is one row of section 11 of the record rules, by its words.

Rows about the record and the desk (deliveries repeated, modifiers, matching) are tried in their own rooms.
"""

import polars as pl
import pytest

from formats.nacha import Nacha, check, read, reversed_entries, totals, write
from tests.formats.nacha.build import answered, batch, entry, header, iat_batch, iat_entry, iat_parties, nacha
from tests.formats.nacha.simulate import noticed, returned

GOOD = write(
    nacha(
        [batch(), batch(sec="CCD", entry_description="VENDOR")],
        [entry(1), entry(2), entry(3, batch=1, transaction_code=22)],
        [{"entry": 1, "kind": "05", "payment_text": "one"}],
    )
)
LINES = GOOD.decode().splitlines()
# Lines: 1 header, 2 batch, 3 4 entries, 5 addenda, 6 control, 7 batch, 8 entry, 9 control, 10 file control.
CONTROL = 9  # index of the file control


def joined(lines: list[str], end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode()


def told(found: Nacha) -> set[tuple[str, str]]:
    both = pl.concat([found.problems, check(found)])
    return set(both.select("rule", "severity").rows())


def changed(line: int, column: int, text: str) -> list[str]:
    lines = list(LINES)
    lines[line - 1] = lines[line - 1][: column - 1] + text + lines[line - 1][column - 1 + len(text) :]
    return lines


def same_entries(found: Nacha) -> bool:
    whole = read(GOOD)
    columns = [name for name in whole.entries.columns if name != "line"]
    return found.entries.select(columns).equals(whole.entries.select(columns))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("".join(LINES).encode(), set()),
        (joined(LINES, "\r\n"), set()),
        (joined(LINES, "\r"), {("nacha.text.line_ends", "warning")}),
        (GOOD[:-1], set()),
        (joined(LINES, "\r\n")[:-1], {("nacha.text.line_ends", "warning")}),
        ("".join(LINES).encode() + b"\n", {("nacha.text.no_line_ends", "info")}),
    ],
    ids=["no ends", "CR LF", "lone CR", "no last end", "half an end", "one end for all"],
)
def test_line_ends_of_every_kind(data: bytes, expected: set[tuple[str, str]]) -> None:
    found = read(data)
    assert same_entries(found)
    assert told(found) == expected


@pytest.mark.parametrize("width", range(93, 97))
def test_lines_of_93_to_96_columns(width: int) -> None:
    """Each record keeps its values; a line too short or too long is told with its number."""
    lines = [line.ljust(width)[:width] if line[0] in "15" else line for line in LINES]
    found = read(joined(lines))
    assert same_entries(found)
    rule = {93: "nacha.line.short", 94: None, 95: "nacha.line.long", 96: "nacha.line.long"}[width]
    expected = [] if rule is None else [rule] * 3
    assert found.problems.filter(pl.col("rule").str.starts_with("nacha.line"))["rule"].to_list() == expected
    if rule is not None:
        assert found.problems.filter(rule=rule)["line"].to_list() == [1, 2, 7]


def test_trimmed_lines_and_text_after_column_94() -> None:
    trimmed = read(joined([line.rstrip() for line in LINES]))
    assert same_entries(trimmed)
    assert set(check(trimmed)["rule"]) == set()
    assert set(trimmed.problems["rule"]) == {"nacha.line.short"}
    behind = read(joined([*LINES[:3], LINES[3] + " SEEN", *LINES[4:]]))
    assert same_entries(behind)
    assert behind.problems.select("rule", "severity", "line", "column").rows() == [
        ("nacha.line.overflow", "warning", 4, 95)
    ]


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("1", {"nacha.file.no_header"}),
        ("9", {"nacha.file.no_control"}),
        ("19", {"nacha.file.no_header", "nacha.file.no_control"}),
        ("8", {"nacha.batch.no_control"}),
        ("189", {"nacha.file.no_header", "nacha.file.no_control", "nacha.batch.no_control"}),
    ],
)
def test_entries_are_recovered_without_headers_and_controls(left_out: str, expected: set[str]) -> None:
    found = read(joined([line for line in LINES if line[0] not in left_out or line == "9" * 94]))
    assert same_entries(found)
    assert {rule for rule, severity in told(found) if severity == "error"} == expected


@pytest.mark.parametrize(
    ("line", "column", "text", "rule"),
    [
        (6, 5, "000009", "nacha.batch.count"),
        (10, 2, "000009", "nacha.file.batches"),
        (10, 14, "00000009", "nacha.file.count"),
        (10, 8, "000009", "nacha.file.blocks"),
    ],
)
def test_wrong_counts_are_told_with_both_values(line: int, column: int, text: str, rule: str) -> None:
    found = read(joined(changed(line, column, text)))
    assert same_entries(found)
    problems = check(found).filter(rule=rule)
    assert problems.select("line", "column").rows() == [(line, column)]
    assert " 9" in problems["message"][0]


@pytest.mark.parametrize("data", [b"", b"\r\n", b"   "])
def test_a_file_of_no_bytes_is_an_empty_delivery(data: bytes) -> None:
    assert told(read(data)) == {("nacha.file.empty", "warning")}


@pytest.mark.parametrize(
    "control",
    ["9000000000001" + "0" * 42, ("9000000000001" + "0" * 42).ljust(94), ("9000000000000" + "0" * 42).ljust(94)],
)
def test_header_and_control_alone_are_an_empty_delivery(control: str) -> None:
    found = told(read(joined([LINES[0], control])))
    assert ("nacha.file.no_batches", "info") in found
    assert "error" not in {severity for _, severity in found}


def test_rejects_of_a_bank_keep_their_code_where_the_trace_was() -> None:
    found = read(joined(changed(4, 80, "REJ00012       ")))
    assert found.entries["trace_number"][1] == "REJ00012"
    assert ("nacha.entry.reject_trace", "warning") in told(found)
    assert found.entries["rdfi"][1] == "23138010"


def test_a_hash_cut_to_nine_digits_shows_both_values() -> None:
    right = read(GOOD).file["control_hash"][0]
    found = check(read(joined(changed(10, 22, f"0{right // 10:09d}"))))
    assert found.select("rule", "severity").rows() == [("nacha.file.hash", "error")]
    assert str(right) in found["message"][0]
    assert str(right // 10) in found["message"][0]


def test_a_loan_credit_is_reversed_by_a_debit_whose_batch_says_so() -> None:
    paid = read(write(nacha([batch()], [entry(1, transaction_code=52)])))
    assert paid.batches["service_class"].to_list() == [220]
    back = reversed_entries(paid.entries, paid.batches)
    numbered = back.entries.with_columns(trace_number=pl.lit("121042880000009"))
    dated = back.batches.with_columns(effective_entry_date=pl.lit(header()["creation_date"][0]))
    reversal = read(write(Nacha(header(modifier="B"), dated, numbered, back.addenda)))
    assert reversal.entries["transaction_code"].to_list() == [55]
    assert reversal.batches["service_class"].to_list() == [225]
    assert check(reversal).is_empty()


def test_a_trace_that_stands_twice_is_told_and_does_not_stop_the_reading() -> None:
    twice = GOOD.replace(b"121042880000003", b"121042880000002")
    twice = twice.replace(b"121042880000002\n822", b"121042880000001\n822").replace(b"0000002\n9", b"0000001\n9")
    lines = twice.decode().splitlines()
    lines[6] = lines[6][:87] + "0000001"
    found = read(joined(lines))
    assert found.entries["trace_number"].is_duplicated().any()
    assert found.batches["batch_number"].to_list() == [1, 1]
    assert found.problems.is_empty()
    assert {"nacha.entry.trace_duplicate", "nacha.batch.number_order"} <= {rule for rule, _ in told(found)}


@pytest.mark.parametrize(
    "padding",
    [[], ["9" * 94] * 3, ["9" * 94] * 17, [""] * 10, ["9" * 93] * 10, ["9" * 96] * 10],
    ids=["none", "too few", "too many", "blank lines", "93 nines", "96 nines"],
)
def test_padding_of_every_kind_is_accepted(padding: list[str]) -> None:
    found = read(joined([*LINES[: CONTROL + 1], *padding]))
    assert same_entries(found)
    assert {severity for _, severity in told(found)} <= {"warning", "info"}
    assert found.batches.height == 2


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_letters_of_other_tongues_do_not_shift_columns(encoding: str) -> None:
    lines = changed(3, 55, "JOSÉ MUÑOZ".ljust(22))
    found = read("\n".join(lines).encode(encoding))
    assert found.entries["name"][0] == "JOSÉ MUÑOZ"
    assert found.entries["trace_number"][0] == "121042880000001"
    assert {("nacha.text.encoding", "warning"), ("nacha.text.charset", "error")} <= told(found)
    marked = read(b"\xef\xbb\xbf" + GOOD)
    assert same_entries(marked)
    assert told(marked) == {("nacha.text.bom", "warning")}


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        (51, "ppd", "nacha.batch.sec"),
        (5, " " * 16, "nacha.batch.company_name"),
        (5, "0" * 16, "nacha.batch.company_name"),
        (41, "0" * 10, "nacha.batch.company_id"),
        (54, "0" * 10, "nacha.batch.entry_description"),
    ],
)
def test_blank_zero_and_small_batch_headers_are_errors(column: int, text: str, rule: str) -> None:
    assert (rule, "error") in told(read(joined(changed(2, column, text))))


def test_a_banks_own_return_code_goes_to_a_person() -> None:
    found = read(write(returned("R01")).replace(b"799R01", b"799R97"))
    assert told(found) == {("nacha.addenda.return_code_unknown", "warning")}


def test_a_contested_return_stands_in_its_columns() -> None:
    """`test_layouts` tries each column; here the neighbours that are mistaken for each other."""
    row = read(write(returned("R73"))).addenda.row(0, named=True)
    assert (row["original_settlement_day"], row["return_trace"]) == ("059", "231380100000009")
    assert (row["return_settlement_day"], row["return_reason"]) == ("061", "01")
    assert (row["dishonored_trace"], row["dishonored_settlement_day"]) == ("121042880000011", "063")
    assert row["dishonored_reason"] == "68"


def test_international_returns_and_notices_have_their_own_widths() -> None:
    back = read(write(returned("R03", international=True))).addenda
    assert back["kind"].to_list() == ["10", "11", "12", "13", "14", "15", "16", "99"]
    assert back.row(7, named=True)["original_amount_cents"] == 2500
    assert back.row(7, named=True)["addenda_information"] == "AS TOLD"
    wide = noticed("C01", international=True)
    long = wide.addenda.with_columns(corrected_data=pl.lit("1" * 35))
    found = read(write(Nacha(wide.file, wide.batches, wide.entries, long)))
    assert found.addenda["corrected_data"].to_list() == ["1" * 35]


def test_a_return_batch_may_copy_its_originals_sec_description_and_date() -> None:
    copied = batch(sec="TEL", entry_description="RETRY PYMT", descriptive_date="SD1300")
    back = {"entry": 0, "kind": "99", "return_code": "R01"}
    back |= {"original_trace": "121042880000007", "original_rdfi": "23138010"}
    whole = nacha([copied], [entry(1, transaction_code=21, amount_cents=9_999_999_999)], [back])
    assert told(read(write(whole))) == set()


def test_addenda_counted_twice_are_found_by_both_recounts() -> None:
    wrong = joined(changed(6, 5, "000004"))
    assert ("nacha.batch.count", "error") in told(read(wrong))
    assert not totals(wrong).agrees


def test_a_second_control_is_told_and_the_first_counts() -> None:
    found = read(joined([*LINES[: CONTROL + 1], LINES[CONTROL]]))
    assert same_entries(found)
    assert found.file["control_line"].to_list() == [10]
    assert ("nacha.file.second_control", "error") in told(found)


def test_a_file_sent_twice_in_one_stream_is_told() -> None:
    found = read(GOOD + GOOD)
    assert told(found) == {("nacha.file.duplicate", "error")}
    assert check(found)["line"].to_list() == [11]


def test_accounts_keep_their_leading_blanks_and_dashes() -> None:
    whole = nacha(entries=[entry(1, account="  12-345-6"), entry(2, account="-1")])
    assert read(write(whole)).entries["account"].to_list() == ["  12-345-6", "-1"]


def test_reversing_a_whole_file_leaves_out_prenotes_and_keeps_international_entries() -> None:
    whole = read(
        write(
            nacha(
                [batch(), iat_batch()],
                [entry(1), entry(2, transaction_code=28, amount_cents=0), iat_entry(3, batch=1)],
                iat_parties(at=2),
            )
        )
    )
    back = reversed_entries(whole.entries, whole.batches, whole.addenda)
    assert back.entries["transaction_code"].to_list() == [22, 22]
    assert back.left_out.rows() == [(1, "a prenote moved no money")]
    assert back.addenda["kind"].to_list() == ["10", "11", "12", "13", "14", "15", "16"]


def test_every_kind_of_answer_reads_without_a_word() -> None:
    assert told(read(write(answered()))) == set()


def test_a_file_behind_words_of_its_carrier_is_still_read() -> None:
    found = read(b"From: the bank\n" + GOOD)
    assert same_entries(found)
    assert found.problems.select("rule", "line").rows() == [("nacha.line.short", 1), ("nacha.record.unknown", 1)]
