"""A vendor's partner profile, and a company with a family at that vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from resources.database import Logins
from resources.partners import Partner
from resources.record import Record
from resources.vault import Vault
from resources.vendor_terms import VendorTerms
from tests.enrollment.exchange import Vendor, vendor_partner
from tests.support.seed import seed


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


@pytest.fixture
def vendor(
    record: Record, logins: Logins, vault: Vault, family: Callable[..., dict[str, list[dict[str, Any]]]]
) -> Callable[..., Vendor]:
    """The exchange with one vendor: of a world (the family), with keys of [edi834] and terms of [enrollment]."""

    def make(world: dict[str, Any] | None = None, edi834: dict[str, Any] | None = None, **terms: Any) -> Vendor:
        seed(record, **(world or family()))
        return Vendor(record, Record(logins.releaser), vault, VendorTerms(**terms), edi834 or {})

    return make
