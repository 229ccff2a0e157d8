"""A layout that contradicts itself is refused before anything is written, every wrong key by name."""

from pathlib import Path
from typing import Any

import pytest

from formats.errors import FormatError, SettingsError
from formats.tabular import load_layout, write
from tests.formats.tabular.people import HERE, LAYOUTS, STAMP, book, layout

KEY = {"name": "key", "source": "member_key"}


def summed(**total: Any) -> dict[str, Any]:
    return {"kind": "trailer", "fields": [{"name": "n", "total": total}]}


TOTAL = summed(count=["member"])


def lines(*kinds: str) -> list[dict[str, Any]]:
    return [{"kind": k, "name": k, "fields": [{"name": "t", "const": k}]} for k in kinds]


BARE: dict[str, Any] = {"delimited": {"delimiter": "|", "quoting": "none"}}
WRONG: list[tuple[list[dict[str, Any]], dict[str, Any], str]] = [
    ([KEY], {"colour": 1}, "colour: Extra inputs are not permitted"),
    ([KEY], {"max_rows": "9"}, "max_rows: Input should be a valid integer"),
    ([KEY], {"delimited": {"delimiter": "||"}}, "delimited.delimiter"),
    ([KEY], {"delimited": {"delimiter": "="}}, "delimited.delimiter: this mark has a meaning"),
    ([KEY], {"delimited": {}, "fixed": {"length": 9}}, "exactly one of the tables"),
    ([KEY], {"line_end": "none"}, "line_end"),
    ([KEY, KEY], {}, "two fields have the same name"),
    ([KEY], {"after": [*lines("header")]}, "headers come first"),
    ([KEY], {"after": [TOTAL, TOTAL]}, "two have the same name"),
    ([KEY], {"after": lines("subscriber")}, "member lines are for everybody"),
    ([], {"before": lines("detail", "member")}, "detail lines hold person and coverage"),
    ([], {"before": lines("coverage")}, "coverage lines need the line of their person"),
    ([], {"before": lines("header")}, "none of them holds members"),
    ([], {"before": [{"kind": "subscriber", "again": True, "fields": [KEY]}]}, "again is for a second line"),
    ([], {"before": [{"kind": k, "fields": [KEY]} for k in ("subscriber", "dependent")]}, "cannot be told apart"),
    ([{"name": "a", "source": "coverage.plan_code"}], {}, "records.member.a: there is no source coverage.plan_code"),
    ([{"name": "a", "source": "coverage.XYZ.plan_code"}], {}, "there is no source coverage.XYZ.plan_code"),
    ([{"name": "a", "source": "file.sender"}], {}, "sender: a record carries it"),
    ([{"name": "a", "source": "ssn", "const": "x"}], {}, "only one of source, const"),
    ([{"name": "a", "source": "ssn", "date": "YYYY"}], {}, "date: its source is not a date"),
    ([{"name": "a", "source": "birth_date", "date": "HHMI"}], {}, "no time of day"),
    ([{"name": "a", "source": "birth_date", "date": "yyyy"}], {}, "a date format is made of"),
    ([{"name": "a", "source": "ssn", "number": "9(3)"}], {}, "number: its source is not a number"),
    ([{"name": "a", "source": "family.size", "number": "Z9"}], {}, "a number is 9(n)"),
    ([{"name": "a", "source": "ssn", "pattern": "("}], {}, "pattern: not a regular expression"),
    ([{"name": "a", "source": "ssn", "otherwise": "x"}], {}, "otherwise goes with map"),
    ([{"name": "a", "source": "ssn", "required": True, "forbidden": True}], {}, "both required and forbidden"),
    ([{"name": "a", "source": "ssn", "part": {"start": 0}}], {}, "start counts from 1"),
    ([{"name": "a", "source": "ssn", "when": {"source": "state"}}], {}, "a condition asks one thing"),
    ([{"name": "a", "source": "ssn", "when": {"source": "x", "present": True}}], {}, "there is no source x"),
    ([{"name": "a", "total": {"count": ["member"]}}], {}, "a total belongs in a header or trailer"),
    ([KEY], {"after": [summed(count=["x"])]}, "no record x"),
    ([KEY], {"after": [summed(sum="ssn", over=["member"])]}, "ssn cannot be summed over member"),
    ([KEY], {"after": [summed(sum="family.size")]}, "a sum names the records"),
    ([{"name": "a", "const": "é"}], {}, "does not fit the character set"),
    ([{"name": "a", "const": "abc", "length": 2}], {}, "longer than 2"),
    ([{"name": "a", "const": " x"}], {}, "begins or ends with a blank"),
    ([KEY], {"fixed": {"length": 9}}, "records.member.key: a field of a fixed record needs a length"),
    ([KEY | {"length": 10}], {"fixed": {"length": 9}}, "its fields take 10 bytes, the record has 9"),
    ([KEY | {"length": 5, "start": 2}], {"fixed": {"length": 9}}, "said to start at 2, but starts at 1"),
    ([KEY | {"length": 5}], {"fixed": {"length": 9}, "charset": "utf-8"}, "charset: the bytes of a fixed record"),
    ([KEY | {"start": 1}], {}, "start goes with fixed records"),
    ([{"name": "a", "concat": ["ssn", {"const": "é"}]}], {}, "records.member.a: a text of its own does not fit"),
    ([{"name": "b", "first_of": ["ssn", {"const": "x|y"}]}], BARE, "records.member.b: a text of its own does not fit"),
    ([{"name": "c", "concat": ["ssn", "zip"], "separator": "|"}], BARE, "records.member.c: a text of its own does not"),
    ([{"name": "d", "source": "ssn", "length": 9, "pad": "|"}], BARE, "records.member.d: a text of its own does not"),
    ([{"name": "e", "source": "birth_date"}], BARE | {"dates": "MM/DD/YYYY", "delimited": {"delimiter": "/",
     "quoting": "none"}}, "records.member.e: a text of its own does not fit"),
    ([{"name": "f", "const": "ÿ", "case": "upper"}], {"charset": "latin-1"}, "records.member.f: a text of its own"),
    ([{"name": "a", "source": "coverage.HLT.premium_cents", "number": "9(7)V99", "length": 6, "too_long": "cut"}], {},
     "records.member.a: too_long: what is cut off a number"),
    ([{"name": "b", "source": "birth_date", "length": 6, "too_long": "cut"}], {}, "records.member.b: too_long: what"),
    ([{"name": "c", "concat": ["last_name", "family.size"], "length": 6, "too_long": "cut"}], {}, "c: too_long: what"),
    ([{"name": "a", "source": "family.size", "length": 6, "pad": "0"}], {}, "pad: digits beside a number"),
    ([KEY | {"pad": "0"}], {}, "pad and justify need a length"),
    ([KEY], {"xml": {}}, "either root or template"),
    ([KEY], {"xml": {"template": "{% for %}"}}, "xml.template: line 1"),
    ([KEY | {"name": "a b"}], {"xml": {"root": "R"}}, "a b is not a path of elements"),
    ([KEY | {"name": "q:a"}], {"xml": {"root": "R"}}, "the prefix q is not declared"),
    ([KEY], {"xml": {"root": "1R"}}, "1R is not the name of an element"),
    ([KEY], {"xlsx": {"sheet": "a/b"}}, "xlsx.sheet"),
    ([KEY], {"delimited": {"header_line": True}, "after": lines("coverage")}, "different columns"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "keys", "words"), WRONG, ids=[w[2] for w in WRONG])
def test_contradictions_are_named(fields: list[dict[str, Any]], keys: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        layout(*fields, **keys)
    assert words in str(caught.value)


def test_every_wrong_key_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        layout({"name": "a", "source": "nothing"}, {"name": "b", "source": "ssn", "date": "YYYY"}, KEY, KEY)
    assert all(w in str(caught.value) for w in ("records.member.a", "records.member.b", "the same name"))


def test_files_that_cannot_be_read_as_toml(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("name = ")
    for path, words in ((tmp_path / "a.toml", "not valid TOML"), (tmp_path / "b.toml", "cannot be read")):
        with pytest.raises(SettingsError) as caught:
            load_layout(path)
        assert words in str(caught.value)


def test_a_path_and_its_keys_are_the_same_layout() -> None:
    import tomllib

    path = HERE / "layouts" / "blue_400.toml"
    assert load_layout(tomllib.loads(path.read_text())) == load_layout(path) == LAYOUTS["blue_400"]


def test_a_header_that_cannot_be_written_stops_the_file() -> None:
    head = {"kind": "header", "fields": [{"name": "ref", "source": "file.reference", "length": 3}]}
    with pytest.raises(FormatError, match="header of the file cannot be written: ref is longer than 3"):
        write(book(), layout(KEY, before=[head]), STAMP)
