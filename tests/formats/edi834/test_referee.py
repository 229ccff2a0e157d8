import csv
import logging
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from formats.edi834 import Enrollment, write
from formats.edi834 import referee as referee_module
from formats.edi834.referee import Effort, referee
from tests.formats.edi834.book import RICH, STAMP, book, enrollments, family, profile


def test_agrees_with_the_verdicts_of_the_corpus(corpus: Path) -> None:
    with (corpus / "manifest.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            verdict = referee((corpus / row["file"]).read_bytes())
            assert verdict.valid == (row["pyx12_verdict"] == "valid"), row["file"]
            assert verdict.valid == verdict.problems.filter(severity="error").is_empty(), row["file"]


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(enrollments())
def test_accepts_whatever_is_written(made: Enrollment) -> None:
    for terms in (profile(max_members_per_set=4, **RICH), profile(charset="basic", line_end="none")):
        verdict = referee(write(made, terms, STAMP), "B" if terms.charset == "basic" else "E")
        assert verdict.valid, verdict.problems["message"].to_list()


@pytest.mark.parametrize(
    "terms",
    [
        {"member_maintenance": "030", "coverage_maintenance": "030", "reason": "XN"},
        {"action": "2", "member_maintenance": "021", "coverage_maintenance": "021", "reason": "28"},
        {"element": "|", "component": ">", "terminator": "'", "repetition": "!", "line_end": "crlf"},
        {"time_zone": "ET", "subscriber_reference": "ssn", **RICH},
    ],
)
def test_accepts_each_style_of_file(terms: dict[str, object]) -> None:
    verdict = referee(write(book(30), profile(**terms), STAMP))
    assert verdict.valid, verdict.problems["message"].to_list()


@pytest.mark.parametrize("processes", [1, 2])
def test_finds_planted_faults_and_where(processes: int) -> None:
    good = write(book(9), profile(max_members_per_set=3), STAMP)
    assert referee(good, effort=Effort(processes=processes)).valid
    lines = good.split(b"\n")
    at = [i for i, s in enumerate(lines) if s.startswith(b"DMG")][4]
    lines[at] = b"DMG*D8*19701301*M~"
    verdict = referee(b"\n".join(lines), effort=Effort(processes=processes))
    assert not verdict.valid
    assert verdict.sets_checked == 3
    assert verdict.problems.select("rule", "line", "column").rows() == [("edi834.referee.element.8", at + 1, 2)]
    assert "19701301" not in verdict.problems["message"].item()


def test_a_budget_of_sets_takes_first_last_and_between() -> None:
    good = write(book(30), profile(max_members_per_set=3), STAMP)
    verdict = referee(good, effort=Effort(sets=3))
    assert (verdict.valid, verdict.sets_total, verdict.sets_checked) == (True, 10, 3)
    last = good.rfind(b"INS*N*19")
    broken = good[:last] + b"INS*N*77" + good[last + 8 :]
    assert not referee(broken, effort=Effort(sets=2)).valid
    middle = good.find(b"INS*N*19", len(good) // 4)
    unseen = good[:middle] + b"INS*N*77" + good[middle + 8 :]
    assert referee(unseen, effort=Effort(sets=2)).valid
    assert not referee(unseen).valid


def test_wrong_trailers_and_lower_case_are_refused() -> None:
    good = write(family(), profile(), STAMP)
    assert not referee(good.replace(b"GE*1*7", b"GE*2*7")).valid
    assert set(referee(good, "B").problems["rule"]) == {"edi834.referee.charset"}
    assert not referee(good, "B").valid
    assert referee(write(family(), profile(charset="basic"), STAMP), "B").valid
    assert not referee(b"").valid


def test_bad_values_reach_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert not referee(write(family(), profile(), STAMP).replace(b"NM1*IL*1*Doe", b"XX1*IL*1*Doe")).valid
        logging.getLogger("elsewhere").warning("still heard")
    assert [r.name for r in caplog.records] == ["elsewhere"]


def test_a_process_that_dies_is_not_a_yes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(9)")
    good = write(book(9), profile(max_members_per_set=3), STAMP)
    monkeypatch.setattr(referee_module.referee_worker, "__file__", str(broken))
    verdict = referee(good, effort=Effort(processes=2))
    assert not verdict.valid
    assert set(verdict.problems["rule"]) == {"edi834.referee.failed.9"}


def test_accepts_the_golden_file() -> None:
    assert referee((Path(__file__).parent / "golden" / "family.834").read_bytes()).valid


@pytest.mark.parametrize("processes", [1, 2])
def test_a_budget_of_time_judges_some_and_says_how_many(processes: int) -> None:
    good = write(book(9), profile(max_members_per_set=1), STAMP)
    verdict = referee(good, effort=Effort(seconds=0, processes=processes))
    assert verdict.valid
    assert (verdict.sets_checked, verdict.sets_total) == (processes, 3)
    whole = referee(good, effort=Effort(seconds=600, processes=processes))
    assert (whole.sets_checked, whole.sets_total) == (3, 3)


def test_what_time_allows_lies_evenly_over_the_file() -> None:
    for total in (0, 1, 2, 3, 10, 64, 101):
        order = referee_module._spread(total)
        assert sorted(order) == list(range(total))
        assert order[:2] == sorted({0, total - 1})[:2] if total else not order
    assert max(b - a for a, b in pairwise(sorted(referee_module._spread(1000)[:20]))) <= 130


def test_agreed_deviations_are_no_faults() -> None:
    odd = write(family(maintenance_type="026"), profile(deviations={"INS03": ["026"]}), STAMP)
    assert not referee(odd).valid
    assert referee(odd, deviations=["INS03"]).valid
    assert not referee(odd.replace(b"*XN*A", b"*QQ*A", 1), deviations=["INS03"]).valid
