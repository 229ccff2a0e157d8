"""A partner's 834 terms for one company: what the partner's profile says, with the company and vendor as parties."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from formats.edi834 import Profile
from formats.errors import SettingsError
from resources.partners import Partner, faults
from resources.vendor_terms import Purpose

_AUDIT = {"action": "4", "member_maintenance": "030", "coverage_maintenance": "030"}


def profile_for(partners: Mapping[str, Partner], due: Mapping[str, Any], purpose: Purpose = "full") -> Profile:
    """The 834 profile of a vendor for a company and a kind of file.

    Sponsor (N1*P5) is the company and payer (N1*IN) the vendor, both by tax id, unless the partner's table differs.

    Args:
        partners: by code.
        due: partner, company_name, tax_id, vendor_name, vendor_tax_id.
        purpose: a change file has meanings of its own, one to audit by compares (BGN08 4).

    Raises:
        SettingsError: the partner has no profile or no [edi834] table, or the table is wrong.
    """
    code = str(due["partner"])
    partner = partners.get(code)
    if partner is None or partner.edi834 is None:
        raise SettingsError(
            f"vendor {code} has members to report but no 834 terms",
            where=f"partners/{code}.toml",
            hint="add the profile with a table [edi834]",
        )
    parties = {
        "name": code,
        "sponsor": {"name": _plain(due["company_name"]), "id": due["tax_id"], "qualifier": "FI"},
        "payer": {"name": _plain(due["vendor_name"]), "id": due["vendor_tax_id"], "qualifier": "FI"},
    }
    try:
        profile = Profile.model_validate(parties | partner.edi834 | {"usage": partner.usage})
    except ValidationError as error:
        raise SettingsError(
            f"the 834 terms of vendor {code} are wrong: {faults(error, 'edi834')}",
            where=f"partners/{code}.toml, company {due['company']}",
            hint="correct the named keys under [edi834]",
        ) from None
    if purpose == "change":
        return profile.for_change()
    return profile.model_copy(update=_AUDIT) if purpose == "audit" else profile


def asks_ssn(profile: Profile) -> bool:
    """Whether anything this partner gets is an SSN."""
    return "ssn" in (profile.member_identifier, profile.subscriber_reference)


def _plain(name: str) -> str:
    """A party's name as the envelope may hold it: capitals, no delimiter, at most 60 characters."""
    return re.sub(r"[^A-Z0-9 &',./()-]+", " ", name.upper()).strip()[:60]
