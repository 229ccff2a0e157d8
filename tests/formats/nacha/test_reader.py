"""What real files do wrong, and what the reader says about it."""

import pytest

from formats.nacha import Nacha, check, completed, read, write
from tests.formats.nacha.build import answered, entry, nacha

PLAIN = write(nacha(entries=[entry(1), entry(2)]))
LINES = PLAIN.decode().splitlines()


def rules(found: Nacha) -> list[str]:
    return found.problems["rule"].to_list()


def same_content(found: Nacha) -> bool:
    whole = completed(nacha(entries=[entry(1), entry(2)]))
    return found.entries.equals(whole.entries) and found.batches.equals(whole.batches)


def joined(lines: list[str], end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PLAIN, []),
        (PLAIN[:-1], []),
        (joined(LINES, "\r\n"), []),
        (joined(LINES, "\r\n")[:-2], []),
        ("".join(LINES).encode(), []),
        (joined(LINES, "\r"), ["nacha.text.line_ends"]),
        (b"\xef\xbb\xbf" + PLAIN, ["nacha.text.bom"]),
        (joined([LINES[0].rstrip(), *LINES[1:]]), ["nacha.line.short"]),
        (joined([LINES[0] + "  ", *LINES[1:]]), ["nacha.line.long"]),
        (joined([LINES[0] + "XY", *LINES[1:]]), ["nacha.line.overflow"]),
    ],
)
def test_line_forms_are_accepted_and_told(data: bytes, expected: list[str]) -> None:
    found = read(data)
    assert rules(found) == expected
    assert same_content(found)
    assert check(found).is_empty()


def test_blank_lines_are_skipped_and_told() -> None:
    found = read(joined([*LINES[:3], "", *LINES[3:]]))
    assert rules(found) == ["nacha.line.blank"]
    assert found.problems["line"].to_list() == [4]
    assert check(found).is_empty()


def test_missing_records_are_told_and_entries_recovered() -> None:
    no_header = read(joined(LINES[1:]))
    assert "nacha.file.no_header" in rules(no_header)
    assert no_header.file["line"].to_list() == [None]
    no_control = read(joined([line for line in LINES if not line.startswith("9")]))
    assert rules(no_control) == ["nacha.file.no_control"]
    no_batch = read(joined([LINES[0], *LINES[2:]]))
    assert rules(no_batch) == ["nacha.batch.no_header"] * 3
    assert no_batch.entries["amount_cents"].to_list() == [2500, 2500]
    assert no_batch.entries["batch"].to_list() == [None, None]
    no_batch_control = read(joined([line for line in LINES if line[0] != "8"]))
    assert rules(no_batch_control) == ["nacha.batch.no_control"]


def test_unknown_and_orphan_records() -> None:
    found = read(joined([LINES[0], LINES[1], "705" + " " * 91, "X" + " " * 93, *LINES[2:]]))
    assert sorted(zip(rules(found), found.problems["line"], strict=True)) == [
        ("nacha.addenda.no_entry", 3),
        ("nacha.field.numeric", 3),
        ("nacha.record.unknown", 4),
    ]


def test_records_after_the_file_control() -> None:
    at = next(i for i, line in enumerate(LINES) if line.startswith("9"))
    found = read(joined([*LINES[: at + 1], LINES[1], LINES[2], LINES[4], *LINES[at + 1 :]]))
    assert "nacha.file.after_control" in rules(found)


def test_amount_that_is_no_number_is_null_and_told() -> None:
    for bad in ("00000025O0", "+000002500", "-000002500", "          "):
        found = read(joined([*LINES[:2], LINES[2][:29] + bad + LINES[2][39:], *LINES[3:]]))
        assert found.problems.select("rule", "line", "column").rows() == [("nacha.field.numeric", 3, 30)]
        assert found.entries["amount_cents"].to_list() == [None, 2500]
        assert bad.strip() not in "".join(found.problems["message"]) or not bad.strip()


def test_letters_beyond_ascii_do_not_shift_columns() -> None:
    for encoding in ("utf-8", "cp1252"):
        name = "JOSÉ".ljust(22)
        line = LINES[2][:54] + name + LINES[2][76:]
        found = read("\n".join([*LINES[:2], line, *LINES[3:]]).encode(encoding))
        assert found.entries["name"][0] == "JOSÉ"
        assert found.entries["trace_number"].to_list() == ["121042880000001", "121042880000002"]
        charset = found.problems.filter(rule="nacha.text.charset")
        assert charset["line"].to_list() == [3]
        assert "column 58 " in charset["message"][0]
        assert "nacha.text.encoding" in rules(found)


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n "])
def test_an_empty_delivery_is_a_warning(data: bytes) -> None:
    found = read(data)
    assert found.problems.select("rule", "severity").rows() == [("nacha.file.empty", "warning")]


def test_header_and_control_alone_are_an_empty_delivery() -> None:
    whole = write(nacha(batches=[], entries=[]))
    found = read(whole)
    assert rules(found) == []
    assert check(found).select("rule", "severity").rows() == [("nacha.file.no_batches", "info")]
    assert found.file["control_batches"].to_list() == [0]


@pytest.mark.parametrize("data", [b'{"id": 1}', b"{\\rtf1\\ansi}", b"hello\nworld", b"\x00" * 500])
def test_other_files_are_called_no_ach_file(data: bytes) -> None:
    found = read(data)
    assert rules(found) == ["nacha.file.not_ach"]
    assert found.entries.is_empty()


def test_several_files_in_one_stream() -> None:
    second = PLAIN[:33] + b"B" + PLAIN[34:]
    found = read(PLAIN + second)
    assert found.file.height == 2
    assert found.batches["file"].to_list() == [0, 1]
    assert found.entries["batch"].to_list() == [0, 0, 1, 1]
    assert found.file["records"].to_list() == [10, 10]
    assert found.problems.is_empty()
    assert check(found).is_empty()
    again = check(read(PLAIN + PLAIN))
    assert again.select("rule", "line", "column").rows() == [("nacha.file.duplicate", 11, 34)]


def test_reject_trace_is_kept_as_text() -> None:
    line = LINES[2][:79] + "REJ0603" + " " * 8
    found = read(joined([*LINES[:2], line, *LINES[3:]]))
    assert found.entries["trace_number"][0] == "REJ0603"
    assert check(found).select("rule", "severity").rows() == [("nacha.entry.reject_trace", "warning")]


def test_three_kinds_of_99_are_told_apart_by_code() -> None:
    found = read(write(answered()))
    assert found.addenda["kind"].to_list() == ["99", "99D", "99C", "98", "98R"]
    contested = found.addenda.row(2, named=True)
    assert contested["original_settlement_day"] == "059"
    assert contested["return_trace"] == "231380100000009"
    assert contested["return_settlement_day"] == "061"
    assert contested["return_reason"] == "01"
    assert contested["dishonored_trace"] == "121042880000011"
    assert contested["dishonored_settlement_day"] == "063"
    assert contested["dishonored_reason"] == "68"


def test_a_hostile_file_does_not_fill_the_memory_with_complaints() -> None:
    found = read((LINES[0] + "\n").encode() + b"X\n" * 50_000)
    assert found.problems.height < 3_000
    assert "49000 more rows" in "".join(found.problems["message"])


def test_messages_hold_no_account_number() -> None:
    whole = joined([line.replace("0000002500", "00000025XX") for line in LINES])
    found = read(whole)
    text = "".join([*found.problems["message"], *check(found)["message"]])
    assert "744567899" not in text
