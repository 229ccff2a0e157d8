"""Templates of file names: what they make, and that no two files of a partner can share a name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from assets.enrollment.plan import moment
from resources.file_names import asked, filled

VALUES: dict[str, Any] = {
    "company": "HARBOR",
    "partner": "evergreen",
    "sender": "DAYBOOK",
    "receiver": "EVERGREEN",
    "kind": "edi834",
    "purpose": "change",
    "usage": "P",
    "date": dt.date(2026, 2, 1),
    "time": dt.time(1, 30, 15, 45_000),
    "sequence": 7,
}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{company}_{kind}_{date}_{sequence}.txt", "HARBOR_edi834_20260201_07.txt"),
        ("{sender}.I834.D{date:%y%m%d}.T{time}.{usage}", "DAYBOOK.I834.D260201.T013015045.P"),
        (
            "{receiver}_{purpose}_{company}_{date}_{sequence:03}.{usage}.TXT",
            "EVERGREEN_change_HARBOR_20260201_007.P.TXT",
        ),
        ("{partner}.{company}{sequence}.{date}T{time:%H%M%S}.csv", "evergreen.HARBOR07.20260201T013015.csv"),
        ("{company}-{date:%Y.%j}-{sequence:05}", "HARBOR-2026.032-00007"),
    ],
)
def test_what_a_template_makes(template: str, name: str) -> None:
    asked(template)
    assert filled(template, VALUES) == name


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{company}{sequence}", "must hold {date}"),
        ("{company}{sequence}{date:%m%d}", "must hold {date}, with year, month and day"),
        ("{company}{sequence}{date:%Y%m}", "must hold {date}, with year, month and day"),
        ("{company}{date}", "two files must never share a name"),
        ("{date}{sequence}", "two files must never share a name"),
        ("{date}{time:%H%M%S}", "two files must never share a name"),
        ("{date}{company}{time:%H%M%S}", "two files must never share a name"),
        ("{colour}{company}{date}{sequence}", "there is no place {colour}"),
        ("{company.__class__}{date}{sequence}", "there is no place {company.__class__}"),
        ("{company!r}{date}{sequence}", "there is no place {company}"),
        ("{}{date}{time}", "there is no place {}"),
        ("{company:9}{date}{sequence}", "{company} can't have the form 9"),
        ("{company}{date:%H}{sequence}", "{date} can't have the form %H"),
        ("{company}{date:{company}}{sequence}", "{date} can't have the form {company}"),
        ("{company}{date}{sequence:3}", "{sequence} can't have the form 3"),
        ("{date}{time:%f}", "{time} can't have the form %f"),
        ("{company", "is not a template"),
    ],
)
def test_what_is_no_template_is_said_in_words(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        asked(template)
    assert said in str(caught.value)


def test_the_moment_of_a_file_is_its_business_dates() -> None:
    day = dt.date(2026, 2, 1)
    assert moment(day, 1, 1) == dt.datetime(2026, 2, 1, 1, 1, 0, 1_000)  # noqa: DTZ001 - nobody's zone
    assert moment(day, 75_045, 30) == dt.datetime(2026, 2, 1, 2, 30, 15, 45_000)  # noqa: DTZ001


def test_two_files_of_a_day_never_share_a_moment() -> None:
    day = dt.date(2026, 2, 1)
    companies = [n for hour in (0, 60_000, 120_000, 1_320_000) for n in range(max(1, hour - 200), hour + 200)]
    made = [moment(day, company, sequence) for company in companies for sequence in range(1, 37)]
    names = {filled("{date}{time}", {"date": day, "time": when.time()}) for when in made}
    assert len(names) == len(made)
    assert {when.date() for when in made} == {day}
