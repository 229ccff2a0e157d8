import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from formats.edi834 import EXTRAS, Enrollment, check, read, write, write_with_positions
from formats.edi834.referee import referee
from formats.problems import ERROR
from tests.formats.edi834.book import DAY, STAMP, enrollments, profile
from tests.formats.edi834.extras_book import Rows, abroad, everything, family, having, loaded, with_extras

RANDOM = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)


def test_there_is_one_of_everything() -> None:
    assert set(everything()) == set(EXTRAS)
    assert not any(frame.is_empty() for frame in loaded().extras.values())


@pytest.mark.parametrize("made", [loaded(), abroad()])
def test_what_is_written_is_valid_to_pyx12(made: Enrollment) -> None:
    verdict = referee(write(made, profile(), STAMP))
    assert verdict.valid, verdict.problems["message"].to_list()


def test_as_many_of_each_as_the_map_allows_are_valid_to_pyx12() -> None:
    head, on = {"member_key": "head"}, {"member_key": "head", "coverage_key": "h1"}
    person = head | {"entity_type": "1", "last_name": "X"}
    rows: Rows = {
        "references": [head | {"qualifier": "17", "value": str(n)} for n in range(13)]
        + [on | {"qualifier": "17", "value": str(n)} for n in range(13)] + [on | {"qualifier": "QQ", "value": "6"}],
        "dates": [head | {"qualifier": "303", "day": DAY}] * 22 + [on | {"qualifier": "303", "day": DAY}] * 4,
        "amounts": [head | {"qualifier": "D2", "cents": n} for n in range(7)]
        + [on | {"qualifier": "D2", "cents": n} for n in range(8)],
        "names": [person | {"role": "36"}] * 3 + [person | {"role": "M8", "entity_type": "2"}] * 3
        + [person | {"role": "GD"}] * 13,
        "cards": [on | {"plan": "GOLD", "kind": "H", "count": n} for n in range(3)],
        "providers": [on | {"role": "P3", "entity_type": "1", "last_name": "X", "relationship": "25"}] * 30,
        "other_insurance": [on | {"other_no": n, "payer_order": "P", "coordination": "1"} for n in range(1, 6)],
        "insurers": [on | {"other_no": n, "role": r} for n in range(1, 6) for r in ("36", "GW", "IN")],
    }  # fmt: skip
    full = family().coverages.with_columns(
        policy_number=pl.lit("G"), premium_cents=pl.lit(1), end=pl.lit(DAY).dt.offset_by("1y")
    )
    people = family().members.with_columns(eligibility_end=pl.lit(DAY).dt.offset_by("1y"))
    made = having(Enrollment(people, full), rows)
    assert check(made, profile()).filter(pl.col("severity") == ERROR).is_empty()
    verdict = referee(write(made, profile(), STAMP))
    assert verdict.valid, verdict.problems["message"].to_list()


def test_the_checker_agrees() -> None:
    found = check(loaded(), profile()).filter(pl.col("severity") == ERROR)
    assert found.is_empty(), found["message"].to_list()


def renamed(back: Enrollment, ours: Enrollment, members: list[str]) -> dict[str, pl.DataFrame]:
    """The extras that were read, under our keys; coverages are told apart by their line."""
    keys = dict(zip(back.members.sort("position")["member_key"], members, strict=True))
    by_line = {(m, line): k for m, line, k in ours.coverages.select("member_key", "line", "coverage_key").iter_rows()}
    held = {
        k: by_line[keys[m], line]
        for m, line, k in back.coverages.select("member_key", "line", "coverage_key").iter_rows()
    }
    out = {}
    for name, frame in back.extras.items():
        done = frame.with_columns(pl.col("member_key").replace_strict(keys, return_dtype=pl.String))
        if "coverage_key" in frame.columns:
            done = done.with_columns(pl.col("coverage_key").replace_strict(held, default=None, return_dtype=pl.String))
        out[name] = done
    return out


def assert_same(back: Enrollment, made: Enrollment, members: list[str]) -> None:
    found = renamed(back, made, members)
    for name in EXTRAS:
        columns = list(EXTRAS[name])
        one, other = found[name].select(columns).sort(columns), made.extras[name].sort(columns)
        assert one.equals(other), (name, one.to_dicts(), other.to_dicts())


@pytest.mark.parametrize("marks", [{}, {"element": "|", "repetition": "!", "component": ">", "terminator": "#"}])
def test_everything_comes_back(marks: dict[str, str]) -> None:
    data, places = write_with_positions(loaded(), profile(**marks), STAMP)
    back = read(data)
    assert back.problems.is_empty()
    members = places.filter(pl.col("segment") == "INS")["member_key"].to_list()
    assert_same(back, loaded(), members)
    assert back.coverages.filter(pl.col("late") == "N").height == 1


@RANDOM
@given(with_extras(enrollments()), st.integers(1, 12))
def test_extras_at_random_come_back(made: Enrollment, limit: int) -> None:
    terms = profile(max_members_per_set=limit)
    data, places = write_with_positions(made, terms, STAMP)
    back = read(data)
    assert back.problems.is_empty(), back.problems.to_dicts()
    members = places.filter(pl.col("segment") == "INS").sort("set_control", "position")["member_key"].to_list()
    assert_same(back, made, members)


def test_order_of_rows_does_not_matter() -> None:
    turned = {name: frame.reverse() for name, frame in loaded().extras.items()}
    made = Enrollment(loaded().members.reverse(), loaded().coverages.reverse(), extras=turned)
    assert write(made, profile(), STAMP) == write(loaded(), profile(), STAMP)


def test_pieces_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write(loaded(), profile(), STAMP) * 3
    whole = read(data)
    monkeypatch.setattr("formats.edi834.reader._PIECE", 300)
    parts = read(data)
    assert parts.members.equals(whole.members)
    assert parts.coverages.equals(whole.coverages)
    assert parts.interchange.equals(whole.interchange)
    assert parts.problems.equals(whole.problems)
    for name in EXTRAS:
        assert parts.extras[name].equals(whole.extras[name]), name


def test_positions_of_extras_name_their_columns() -> None:
    data, places = write_with_positions(loaded(), profile(), STAMP)
    lines = [s.strip() for s in data.decode().split("~")][2:]
    for row in places.iter_rows(named=True):
        assert lines[row["position"] - 1].split("*")[0] == row["segment"]
    assert places.height == len(lines) - lines.index(next(s for s in lines if s.startswith("INS"))) - 4
    unnamed = places.filter(pl.col("field").is_null())
    assert set(unnamed["segment"]) == {"LS", "LE"}, unnamed.to_dicts()


def test_nothing_but_the_family_when_there_are_no_extras() -> None:
    assert write(having(family(), {}), profile(), STAMP) == write(family(), profile(), STAMP)


def _bare(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows without what only the place in a file makes: keys, positions, sets."""
    columns = [c for c in frame.columns if not c.endswith("_key") and c not in ("set_no", "position")]
    return frame.select(columns).sort(columns)


def test_valid_samples_of_others_are_written_again_without_loss(corpus: Path) -> None:
    terms = profile(end_date="first_day_not_covered")
    with (corpus / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if r["kind"] == "834" and r["pyx12_verdict"] == "valid"]
    assert len(rows) >= 20
    for row in rows:
        first = read((corpus / row["file"]).read_bytes(), end_date=terms.end_date)
        by_id = first.members["member_id"].null_count() < first.members["ssn"].null_count()
        kind = profile(end_date=terms.end_date, reason=None, member_identifier="member_id" if by_id else "ssn")
        data = write(first, kind, STAMP)
        again = read(data, end_date=terms.end_date)
        assert again.problems.is_empty(), row["file"]
        assert referee(data).valid, row["file"]
        assert _bare(again.members).equals(_bare(first.members)), row["file"]
        assert _bare(again.coverages).equals(_bare(first.coverages)), row["file"]
        for name in EXTRAS:
            assert _bare(again.extras[name]).equals(_bare(first.extras[name])), (row["file"], name)


def test_nobody_has_a_coverage() -> None:
    made = Enrollment(family().members, family().coverages.clear())
    data = write(made, profile(), STAMP)
    assert read(data).members.height == 3
    assert b"HD*" not in data
