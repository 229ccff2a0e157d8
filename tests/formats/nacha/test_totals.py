"""The recount before release: right on good files, and no changed digit of the money gets past."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from formats.errors import FormatError
from formats.nacha import Nacha, check, read, totals, write
from formats.problems import has_errors
from tests.formats.nacha.build import answered
from tests.formats.nacha.drawn import files
from tests.formats.nacha.test_writer import golden

# Columns (1-based) whose every digit is covered: routing, amounts, counts, and all of the controls. A changed
# transaction code that keeps its side (27 to 37) cannot be told from the records; the stored sha256 tells it.
GUARDED = {
    "6": [*range(4, 13), *range(30, 40), 79],
    "8": [*range(2, 45), *range(80, 95)],
    "9": list(range(2, 56)),
}


def test_totals_of_a_known_file() -> None:
    counted = totals(write(golden()))
    assert counted.agrees
    assert (counted.files, counted.batches, counted.entries, counted.addenda) == (1, 2, 3, 3)
    assert (counted.debit_cents, counted.credit_cents) == (2699, 10000)
    assert counted.entry_hash == 23138010 * 3
    assert counted.records == 20


@settings(max_examples=15, deadline=None, derandomize=True)
@given(files())
def test_totals_agree_with_every_written_file(whole: Nacha) -> None:
    data = write(whole)
    counted = totals(data)
    found = read(data)
    assert counted.agrees
    assert counted.debit_cents == found.file["control_debit_cents"].sum()
    assert counted.credit_cents == found.file["control_credit_cents"].sum()
    assert counted.entries == found.entries.height
    assert counted.addenda == found.addenda.height


@pytest.mark.parametrize("whole", [golden(), answered()], ids=["forward", "answers"])
def test_a_changed_digit_is_caught(whole: Nacha) -> None:
    """Some of them; that the desk's proof catches every digit, names and dates too, is shown beside the desk."""
    assert _tried(whole, every=7) > 30


@pytest.mark.long
@pytest.mark.parametrize("whole", [golden(), answered()], ids=["forward", "answers"])
def test_any_changed_digit_is_caught(whole: Nacha) -> None:
    assert _tried(whole, every=1) > 200


def _tried(whole: Nacha, every: int) -> int:
    """Change every so many-th guarded digit of a built file; all ways that it can be changed, if all are asked for."""
    data = write(whole)
    lines = data.decode().splitlines()
    places = [
        number * 95 + column - 1
        for number, line in enumerate(lines)
        if line != "9" * 94
        for column in GUARDED.get(line[0], [])
        if line[column - 1].isdigit()
    ][::every]
    ways = range(1, 10) if every == 1 else [1]
    missed = []
    for at in places:
        for more in ways:
            changed = str((int(data[at : at + 1]) + more) % 10).encode()
            if not _caught(data[:at] + changed + data[at + 1 :]):
                missed.append((at // 95 + 1, at % 95 + 1, more))
    assert missed == []
    return len(places)


def _caught(data: bytes) -> bool:
    try:
        if not totals(data).agrees:
            return True
    except FormatError:
        return True
    found = read(data)
    return has_errors(found.problems) or has_errors(check(found))


def test_mismatches_name_line_and_field() -> None:
    data = bytearray(write(golden()))
    data[2 * 95 + 38] += 1
    counted = totals(bytes(data))
    assert counted.mismatches == (
        "line 6: batch control says debits 2699, counted 2700",
        "line 12: file control says debits 2699, counted 2700",
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"\n", b""),
        lambda data: data[95:],
        lambda data: data.replace(b"WADE", b"W\x00DE"),
        lambda data: b"2" + data[1:],
        lambda data: data[: 95 * 5] + data[95 * 6 :],
    ],
)
def test_what_cannot_be_counted_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FormatError):
        totals(spoil(write(golden())))


def test_samples_that_the_reference_calls_valid_agree(nacha_corpus: Path) -> None:
    counted = totals((nacha_corpus / "ach/bulk/201805101354.ach").read_bytes())
    assert counted.agrees
    assert (counted.entries, counted.credit_cents) == (5000, 500_000_000)
