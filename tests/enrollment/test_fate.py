"""What becomes of a file with two sets, whatever is said of it and in whatever order."""

from __future__ import annotations

from itertools import permutations

import polars as pl
import pytest

from assets.enrollment.fate import set_fates, told_fates

FILE = {"company_id": pl.Int32, "file_id": pl.Int64}
SETS = pl.DataFrame({"company_id": [1] * 3, "file_id": [1] * 3, "set_control": [0, 1, 2]},
                    schema_overrides={"company_id": pl.Int32})  # fmt: skip
A, R, P, S = "accepted", "refused", "partial", "silent"


def fates(
    answers: list[tuple[str, int, str]],
    applications: list[tuple[int, int, bool]] = [],  # noqa: B006 - never changed
    **file: bool,
) -> tuple[str, ...]:
    """The fates of the file as a whole and of its sets 1 and 2."""
    known = {"void": False, "sent": True, "rejected": False, "answers_expected": True} | file
    files = pl.DataFrame([{"company_id": 1, "file_id": 1} | known], schema_overrides=FILE)
    said = pl.DataFrame(
        [(1, 1, *row) for row in answers],
        schema={**FILE, "level": pl.String, "control_number": pl.Int64, "outcome": pl.String}, orient="row",
    )  # fmt: skip
    applied = pl.DataFrame(
        [(1, 1, *row) for row in applications],
        schema={**FILE, "set_control": pl.Int64, "person_id": pl.Int32, "refused": pl.Boolean}, orient="row",
    )  # fmt: skip
    return tuple(set_fates(SETS, files, said, applied)["fate"])


G, ONE, TWO, TA1 = ("group", 9), ("set", 1), ("set", 2), ("interchange", 9)


@pytest.mark.parametrize(
    ("answers", "meant"),
    [
        ([], ("open", "open", "open")),
        ([(*TA1, A)], ("open", "open", "open")),  # it has arrived; nothing is said of what is in it
        ([(*TA1, R)], (R, R, R)),
        ([(*TA1, R), (*G, A), (*ONE, A), (*TWO, A)], (R, R, R)),
        ([(*G, A)], (A, A, A)),  # a bare AK1/AK9 speaks for all sets
        ([(*G, R)], (R, R, R)),
        ([(*G, A), (*ONE, A), (*TWO, A)], (A, A, A)),
        ([(*G, P), (*ONE, A), (*TWO, R)], (R, A, R)),
        ([(*G, P), (*ONE, A)], (R, A, R)),  # what it does not name was not among the accepted ones
        ([(*G, P)], (R, R, R)),
        ([(*G, S), (*ONE, A)], (A, A, "open")),
        ([(*G, A), (*ONE, A), (*ONE, R)], (R, R, A)),  # refusals outlast acceptances
    ],
)
def test_verdicts(answers: list[tuple[str, int, str]], meant: tuple[str, ...]) -> None:
    for order in permutations(answers):
        assert fates(list(order)) == meant
        assert fates([*order, *order]) == meant


@pytest.mark.parametrize(
    ("file", "meant"),
    [
        ({"void": True}, R),
        ({"sent": False}, "open"),
        ({"answers_expected": False}, A),  # this vendor never answers
        ({"answers_expected": False, "sent": False}, "open"),
        ({"rejected": True}, R),  # said by an event alone
    ],
)
def test_files_without_an_answer(file: dict[str, bool], meant: str) -> None:
    assert fates([], **file) == (meant,) * 3


@pytest.mark.parametrize(
    ("applications", "meant"),
    [
        ([(0, 0, True)], (R, R, R)),
        ([(0, 0, False)], (A, A, A)),
        ([(2, 0, True)], ("open", "open", R)),
        ([(2, 0, False)], ("open", "open", A)),
        ([(0, 7, True)], ("open", "open", "open")),  # of one member
    ],
)
def test_applications(applications: list[tuple[int, int, bool]], meant: tuple[str, ...]) -> None:
    assert fates([], applications) == meant


def test_a_refused_member_takes_nobody_along() -> None:
    told = SETS.filter(pl.col("set_control") == 1).join(pl.DataFrame({"person_id": [7, 8]}).cast(pl.Int32), how="cross")
    answered = SETS.with_columns(fate=pl.lit(A))
    one = pl.DataFrame(
        [(1, 1, 0, 7, True)],
        schema={**FILE, "set_control": pl.Int64, "person_id": pl.Int32, "refused": pl.Boolean}, orient="row",
    )  # fmt: skip
    assert told_fates(told, answered, one).select("person_id", "fate").rows() == [(7, R), (8, A)]
