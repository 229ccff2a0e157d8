"""A vendor's partner profile, and a company with a family at that vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from resources.partners import Partner

TERMS: dict[str, Any] = {"sender_id": "DAYBOOK", "receiver_id": "EVERGREEN", "action": "RX", "usage": "P"}


def vendor_partner(code: str = "evergreen", **terms: Any) -> Partner:
    """A vendor whose transport nobody uses here."""
    return Partner.model_construct(
        code=code, kind="vendor", name=code, file_name="{company}_{kind}_{date}_{sequence}.txt", edi834=TERMS | terms
    )


@pytest.fixture
def partners() -> dict[str, Partner]:
    return {"evergreen": vendor_partner()}


FAMILY: dict[str, list[dict[str, Any]]] = {
    "master__book": [{}],
    "master__company": [{}],
    "master__vendor": [{}],
    "master__product": [{}],
    "master__person": [
        {},
        {
            "person_id": 2,
            "code": "M2",
            "subscriber_id": 1,
            "relationship": "spouse",
            "first_name": "Bo",
            "birth_date": dt.date(1981, 2, 3),
            "gender": "M",
        },
        {
            "person_id": 3,
            "code": "M3",
            "subscriber_id": 1,
            "relationship": "child",
            "first_name": "Cy",
            "birth_date": dt.date(2015, 7, 9),
            "gender": "U",
        },
    ],
    "master__subscription": [{"tier": "FAM"}],
    "master__covered": [
        {"company_id": 1, "subscription_id": 1, "person_id": 2},
        {"company_id": 1, "subscription_id": 1, "person_id": 3},
    ],
}


@pytest.fixture
def family() -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """The small world, with tables replaced by name."""
    return lambda **tables: FAMILY | tables
