"""How much of a file the outside referee is shown: small ones whole, larger ones as far as their share of time goes."""

from __future__ import annotations

import pytest

from assets.enrollment.guard import SecondOpinion, prove
from formats.edi834 import write
from tests.formats.edi834.book import STAMP, book, profile


@pytest.mark.parametrize(
    ("opinion", "judged"),
    [
        (SecondOpinion(), "4 of 4"),
        (SecondOpinion(whole_up_to=4, seconds=0), "4 of 4"),
        (SecondOpinion(whole_up_to=3, seconds=0), "1 of 4"),
        (SecondOpinion(whole_up_to=3, seconds=0, processes=2), "2 of 4"),
        (SecondOpinion(whole_up_to=3, seconds=600), "4 of 4"),
    ],
)
def test_the_count_of_sets_is_said(opinion: SecondOpinion, judged: str) -> None:
    terms = profile(max_members_per_set=1)
    meant = book(12)
    said, _ = prove(write(meant, terms, STAMP), meant, terms, STAMP, opinion)
    assert said == f"read back, held against its members, {judged} transaction sets judged by pyx12"


def test_the_larger_files_of_a_night_share_its_time() -> None:
    opinion = SecondOpinion(whole_up_to=4, seconds=12)
    assert opinion.shared([1, 4, 5, 30, 7]).seconds == 4
    assert opinion.shared([1, 4]).seconds == opinion.seconds
    assert opinion.shared([]).seconds == opinion.seconds
