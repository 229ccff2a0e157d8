"""The tables of sending by rename: what is seen decides, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.sending import Act, Outcome, Seen, after_refused_rename, next_act


@pytest.mark.parametrize(
    ("final", "part", "unanswered", "act"),
    [
        ("ours", "absent", False, "done"),
        ("ours", "ours", True, "done"),
        ("other", "ours", False, "refuse"),
        ("other", "ours", True, "doubt"),
        ("absent", "ours", False, "rename"),
        ("absent", "ours", True, "rename"),
        ("absent", "other", False, "upload"),
        ("absent", "other", True, "doubt"),
        ("absent", "absent", False, "upload"),
        ("absent", "absent", True, "doubt"),
    ],
)
def test_what_is_seen_decides_the_next_act(final: str, part: str, unanswered: bool, act: str) -> None:
    assert next_act(Seen(final), Seen(part), unanswered=unanswered) is Act(act)


@settings(max_examples=50, derandomize=True)
@given(st.sampled_from(Seen), st.sampled_from(Seen), st.booleans())
def test_nothing_is_proved_that_is_not_seen(final: Seen, part: Seen, unanswered: bool) -> None:
    act, outcome = (
        next_act(final, part, unanswered=unanswered),
        after_refused_rename(final, part, unanswered=unanswered),
    )
    assert (act is Act.DONE) == (final is Seen.OURS) == (outcome is Outcome.SENT)
    if unanswered:
        assert act not in (Act.UPLOAD, Act.REFUSE)
        assert outcome is not Outcome.FAILED
