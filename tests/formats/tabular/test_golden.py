"""Each example layout of the field writes its golden file, and the file says what was meant."""

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from formats.edi834 import Enrollment
from formats.tabular import check, read, surviving, write
from tests.formats.tabular.people import HERE, LAYOUTS, STAMP, book

ENDINGS = {"delimited": "csv", "fixed": "txt", "xml": "xml", "xlsx": "xlsx"}


def content(data: bytes, kind: str) -> object:
    """The bytes; of a workbook its parts, because how they are packed is the zip library's affair."""
    if kind != "xlsx":
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


@pytest.mark.parametrize("name", LAYOUTS)
def test_golden_bytes(name: str) -> None:
    layout = LAYOUTS[name]
    written = write(book(), layout, STAMP)
    assert written.problems.is_empty()
    assert len(written.files) == len(list((HERE / "golden").glob(f"{name}.*")))
    for file in written.files:
        golden: Path = HERE / "golden" / f"{name}.{file.part}.{ENDINGS[layout.kind]}"
        assert content(file.data, layout.kind) == content(golden.read_bytes(), layout.kind)


@pytest.mark.parametrize("name", LAYOUTS)
def test_same_bytes_twice_and_whatever_the_order_of_the_input(name: str) -> None:
    made, turned = book(), Enrollment(book().members.reverse(), book().coverages.reverse())
    first = [file.data for file in write(made, LAYOUTS[name], STAMP).files]
    assert first == [file.data for file in write(made, LAYOUTS[name], STAMP).files]
    assert first == [file.data for file in write(turned, LAYOUTS[name], STAMP).files]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_file_proves_what_was_meant(name: str) -> None:
    layout = LAYOUTS[name]
    for file in write(book(), layout, STAMP).files:
        assert check(file.data, layout, file.meant).is_empty()


@pytest.mark.parametrize(("name", "lines"), [("blue_400", 400), ("state_fixed", 219), ("fsa_fixed", 120)])
def test_every_fixed_line_has_its_bytes(name: str, lines: int) -> None:
    [file] = write(book(), LAYOUTS[name], STAMP).files
    assert {len(line) for line in file.data.split(b"\r\n")} == {lines, 0}


def test_what_layouts_carry_whole() -> None:
    assert surviving(LAYOUTS["vision_pipe"])[1] == ["begin", "end", "line", "plan_code"]
    assert "ssn" not in surviving(LAYOUTS["state_fixed"])[0]  # zeros stand for none, so a value of zeros would be lost
    assert "relationship" in surviving(LAYOUTS["state_fixed"])[0]
    assert "address1" not in surviving(LAYOUTS["state_fixed"])[0]  # cut at 40 bytes, and not sent for dependents


def test_a_vendor_reads_families_from_nested_groups() -> None:
    [file] = write(book(), LAYOUTS["cobra_csv"], STAMP).files
    got = read(file.data, LAYOUTS["cobra_csv"])
    assert got.problems.is_empty()
    assert got.members["subscriber_key"].to_list() == ["anna"] * 4 + ["zoe"]
    ended = got.members.filter(pl.col("member_key") == "zoe")["eligibility_end"].item()
    assert str(ended) == "2026-03-01"  # from the event line below; the vendor's last day covered is 28 February
    assert got.coverages.filter(member_key="anna")["line"].to_list() == ["HLT", "DEN", "VIS"]


def test_by_record_files_join_on_who_they_speak_of() -> None:
    [file] = write(book(), LAYOUTS["fsa_fixed"], STAMP).files
    got = read(file.data, LAYOUTS["fsa_fixed"])
    assert got.members["zip"].to_list() == ["627011234", "62702"]
    owners = got.coverages.join(got.members, on="member_key")["subscriber_id"].to_list()
    assert owners == ["IDanna", "IDanna", "IDzoe"]
    assert got.coverages["premium_cents"].to_list() == [45_005, 3_100, 30_000]
