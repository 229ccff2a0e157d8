"""What our rules let through pyx12 accepts: one wrong or unusual value at a time, in any column of any frame.

A family that our rules refuse is quarantined; one that only pyx12 refuses would stop the whole file.
"""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from formats.edi834 import COVERAGES, EXTRAS, MEMBERS, Enrollment, Profile, bad_families, codes, without_families, write
from formats.edi834.profile import OLD_VERSION, VERSION
from formats.edi834.referee import Effort, referee
from formats.problems import ERROR
from tests.formats.edi834.book import STAMP, enrollment, profile
from tests.formats.edi834.extras_book import Rows, everything, having
from tests.formats.edi834.extras_book import family as small
from tests.formats.edi834.old_book import OLD_ROWS

SHAPES: dict[str, Any] = {"members": MEMBERS, "coverages": COVERAGES, **EXTRAS}
NOT_CHANGED = ("member_key", "subscriber_key", "coverage_key", "set_no", "position", "is_subscriber")
ALL_CODES = sorted({v for t in vars(codes).values() if isinstance(t, tuple) for v in t if isinstance(v, str)})
VALUES: dict[Any, list[Any]] = {
    pl.String(): [None, "Q", "x" * 9, "1.5", *ALL_CODES],
    pl.Int64(): [None, -1, 0, 7, 12_345_678_901],
    pl.Date(): [None, dt.date(1950, 1, 1)],
    pl.Boolean(): [None, True],
}
_ANY_TEXT = 150  # a column that takes so many of all codes is none of codes
Change = tuple[str, int, str, Any]  # frame, row, column, value


def rows_of(version: str) -> Rows:
    """A family with one of everything that the version has."""
    base = small()
    coverages = base.coverages if version == VERSION else base.coverages.with_columns(late=None)
    extras = everything() if version == VERSION else OLD_ROWS
    return {"members": base.members.to_dicts(), "coverages": coverages.to_dicts(), **extras}


def changes(rows: Rows) -> Iterator[Change]:
    for frame, some in rows.items():
        for column, dtype in SHAPES[frame].items():
            if column not in NOT_CHANGED:
                yield from ((frame, at, column, v) for at in range(len(some)) for v in VALUES[dtype])


def changed(rows: Rows, number: int, change: Change) -> Rows:
    """The family under keys of its own, with one value changed."""
    mine: Rows = {}
    for frame, some in rows.items():
        keys = [k for k in NOT_CHANGED[:3] if k in SHAPES[frame]]
        mine[frame] = [r | {k: f"{r[k]}.{number}" for k in keys if r.get(k)} for r in some]
    for row in mine["members"]:
        row |= {"subscriber_id": f"S{number}", "ssn": None, "member_id": f"M{number}{row['relationship']}"}
    frame, at, column, value = change
    mine[frame][at][column] = value
    return mine


def together(families: list[Rows]) -> Enrollment:
    def every(frame: str) -> list[dict[str, Any]]:
        return [row for family in families for row in family.get(frame, [])]

    return having(enrollment(every("members"), every("coverages")), {n: every(n) for n in EXTRAS if every(n)})


def made_of(rows: Rows, chosen: list[Change]) -> Enrollment:
    return together([changed(rows, number, change) for number, change in enumerate(chosen)])


def accepted(version: str, chosen: list[Change]) -> int:
    made, terms = made_of(rows_of(version), chosen), terms_of(version)
    good = without_families(made, bad_families(made, terms))
    verdict = referee(write(good, terms, STAMP), effort=Effort(processes=2))
    assert verdict.valid, verdict.problems.filter(pl.col("severity") == ERROR)["message"].unique().to_list()
    return good.members.height // 3


def terms_of(version: str) -> Profile:
    return profile(version=version, max_members_per_set=3, member_identifier="member_id")


def coded(version: str) -> list[Change]:
    """Every code in every column that our rules let through; of columns that take any text a few."""
    rows = rows_of(version)
    every = [change for change in changes(rows) if change[3] in ALL_CODES]
    bad = set(bad_families(made_of(rows, every), terms_of(version))["subscriber_key"])
    taken: dict[tuple[str, int, str], list[Change]] = {}
    for number, change in enumerate(every):
        if f"head.{number}" not in bad:
            taken.setdefault(change[:3], []).append(change)
    return [change for some in taken.values() for change in (some if len(some) < _ANY_TEXT else some[:4])]


@pytest.mark.parametrize("version", [VERSION, OLD_VERSION])
def test_what_the_rules_let_through_pyx12_accepts(version: str) -> None:
    few = [c for c in changes(rows_of(version)) if c[3] not in ALL_CODES]
    assert accepted(version, random.Random(834).sample(few, 200)) > 50  # noqa: S311 - not a secret


@pytest.mark.long
@pytest.mark.parametrize("version", [VERSION, OLD_VERSION])
def test_every_code_in_every_column_that_the_rules_let_through(version: str) -> None:
    chosen = coded(version)
    assert accepted(version, chosen) == len(chosen) > 900
