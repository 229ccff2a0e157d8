"""Guide 004010X095A1: what it has is written, valid and read back; what it has not is refused."""

from typing import Any

import polars as pl
import pytest

from formats.edi834 import check, read, write, write_with_positions
from formats.edi834.referee import referee
from formats.errors import FormatError
from formats.problems import ERROR
from tests.formats.edi834.book import DAY, STAMP, profile
from tests.formats.edi834.extras_book import everything, having
from tests.formats.edi834.old_book import old_family, old_loaded
from tests.formats.edi834.test_extras import assert_same

OLD = {"version": "004010X095A1"}


def test_4010_is_valid_to_pyx12_and_read_back() -> None:
    data, places = write_with_positions(old_loaded(), profile(**OLD), STAMP)
    assert b"*U*00401*" in data
    assert b"ST*834*1001~" in data
    assert b"QTY" not in data
    verdict = referee(data)
    assert verdict.valid, verdict.problems["message"].to_list()
    back = read(data)
    assert back.problems.is_empty()
    assert back.members.height == 3
    assert_same(back, old_loaded(), places.filter(pl.col("segment") == "INS")["member_key"].to_list())


@pytest.mark.parametrize(
    ("frame", "row", "most"),
    [
        ("references", {"qualifier": "17", "value": "A"}, 5),
        ("references", {"qualifier": "QQ", "value": "6"}, 1),
        ("dates", {"qualifier": "303", "day": DAY}, 18),
        ("amounts", {"qualifier": "D2", "cents": 1}, 4),
        ("names", {"role": "GD", "entity_type": "1", "last_name": "X", "first_name": "Y"}, 1),
    ],
)
def test_4010_takes_as_many_as_its_map_says(frame: str, row: dict[str, Any], most: int) -> None:
    for count in (most, most + 1):
        rows = [{"member_key": "kid"} | row] * count
        made = having(old_family(), {frame: rows})
        wrong = check(made, profile(**OLD)).filter(pl.col("severity") == ERROR)
        assert wrong.is_empty() == (count == most), wrong["message"].to_list()
        if count == most:
            assert referee(write(made, profile(**OLD), STAMP)).valid


def test_4010_refuses_what_it_has_not() -> None:
    with pytest.raises(FormatError, match=r"version\.loop"):
        write(having(old_family(), {"reporting": everything()["reporting"]}), profile(**OLD), STAMP)
