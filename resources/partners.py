"""Partner profiles: one TOML file per bank and vendor, validated, frozen.

Belongs here: what a partner wants and who it is. A file path in a profile counts from the profile's own folder.
No profile holds a secret: keys lie in files of their own, passwords behind a reference.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from formats.edi834 import Profile
from formats.errors import SettingsError
from resources.allow_list import FILE_NAME, AllowedEndpoint, load_allow_list
from resources.bank_terms import BankTerms
from resources.endpoint import Endpoint
from resources.file_names import VENDORS, asked, filled
from resources.group_terms import GroupTerms
from resources.guides import guide, overlaid
from resources.vendor_terms import Purpose, VendorTerms

Fingerprint = Annotated[str, StringConstraints(pattern=r"^([0-9A-F]{40}|[0-9A-F]{64})$")]

_FOLDER = "folder"
# Somebody for the terms of an 834 to be of: whose file it is, is known when it is made.
_ANYBODY = {"name": "ANY", "sponsor": {"name": "ANY", "id": "ANY"}, "payer": {"name": "ANY", "id": "ANY"}}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _beside(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get(_FOLDER)
    return path if folder is None else (Path(folder) / path).resolve()


class PgpTerms(_Model):
    """The two key pairs of one partnership: ours, made for this partner alone, and the partner's public half.

    Fingerprints are pinned: got by another channel than the key files, 40 or 64 hex digits in capitals.
    `armor` sends text instead of binary: a third more bytes, for partners whose programs want it.
    """

    our_fingerprint: Fingerprint
    partner_fingerprint: Fingerprint
    our_secret_key: Path  # armored, 0600
    partner_public_key: Path
    armor: bool = False

    _paths = field_validator("our_secret_key", "partner_public_key")(_beside)


class Partner(_Model):
    """One bank or vendor. `edi834` is the raw table of a `formats.edi834.Profile`, to which each file adds its parties.

    `file_name` is the template of outbound names; a file travels under that name with `.pgp` behind it. Its places:
    {company} and {partner} (codes), {kind} (nacha, edi834, tabular), {date} (YYYYMMDD, or as in {date:%y%m%d}),
    {sequence} of the company's day (two digits, or as in {sequence:03}); of vendors' files also {sender} and {receiver}
    (ids of [edi834]), {purpose} (full, change, audit), {usage} (T, P), {time} (HHMMSS and milliseconds of the file's
    moment, or as in {time:%H%M}). Two files of one partner never share a name, by a constraint.
    A group sends enrollment of its own people and gets no file.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    kind: Literal["bank", "vendor", "group"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    file_name: str = "{company}_{kind}_{date}_{sequence}.txt"
    sftp: Endpoint
    pgp: PgpTerms
    nacha: BankTerms | None = None
    edi834: dict[str, Any] | None = None
    enrollment: VendorTerms = VendorTerms()
    group: GroupTerms = GroupTerms()
    _allow_list: Path | None = PrivateAttr(default=None)  # beside the folder of profiles, set by `load_partner`

    @field_validator("edi834")
    @classmethod
    def _terms_of_834(cls, table: dict[str, Any] | None) -> dict[str, Any] | None:
        if table is None:
            return None
        here, ours = Profile.model_fields.keys(), VendorTerms.model_fields.keys()
        if elsewhere := sorted((table.keys() & ours) - here):
            raise ValueError(f"what holds for files of every form is said under [enrollment]: {', '.join(elsewhere)}")
        if "file_name" in table:
            raise ValueError("file_name is said above all tables: it holds for files of every form")
        try:
            Profile.model_validate(_ANYBODY | table)
        except ValidationError as error:
            raise ValueError(faults(error, "[edi834]")) from None
        return table

    @field_validator("file_name")
    @classmethod
    def _template(cls, text: str) -> str:
        asked(text)
        return text

    @model_validator(mode="after")
    def _terms_of_kind(self) -> Self:
        if (self.nacha is not None) != (self.kind == "bank"):
            raise ValueError("a bank needs the table [nacha], and only a bank has one")
        if self.kind != "vendor" and (self.edi834 is not None or "enrollment" in self.model_fields_set):
            raise ValueError("[edi834] and [enrollment] are a vendor's: only a vendor is told who is covered")
        return self

    @model_validator(mode="after")
    def _name_of_files(self) -> Self:
        places = asked(self.file_name)
        if self.kind != "vendor" and (wrong := sorted(places & set(VENDORS))):
            raise ValueError(f"file_name: a {self.kind}'s files have no {', '.join(f'{{{p}}}' for p in wrong)}")
        for place, key in (("sender", "sender_id"), ("receiver", "receiver_id")):
            if place in places and not (self.edi834 or {}).get(key):
                raise ValueError(f"file_name: {{{place}}} is the {key} of [edi834], which is missing")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", self.named("X", "nacha", dt.date.min, 1)):
            raise ValueError("file_name: may hold letters, digits, dots, dashes and underscores only")
        return self

    @property
    def usage(self) -> str:
        """T: this vendor is in test and gets invented people only; P: production."""
        return self.enrollment.usage or str((self.edi834 or {}).get("usage", "T"))

    def door(self) -> AllowedEndpoint:
        """The partner's endpoint, if the allow-list admits it now. The list is read anew: a removal holds at once.

        Raises:
            SettingsError: it is not on the list, or there is no list; nothing was connected.
        """
        if self._allow_list is None:
            raise SettingsError("the profile was not read from a folder with an allow-list beside it", where=self.code)
        return load_allow_list(self._allow_list).admit(self.code, self.sftp, self.pgp.partner_fingerprint)

    def named(
        self,
        company: str,
        kind: str,
        date: dt.date,
        sequence: int,
        *,
        purpose: Purpose = "full",
        time: dt.time = dt.time.min,
    ) -> str:
        """The outbound name of a company's file (`.pgp` not included). Odd letters of its code become dashes."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", company).strip("-") or "X"
        edi834 = self.edi834 or {}
        values = {"company": plain, "partner": self.code, "kind": kind, "date": date, "sequence": sequence,
                  "sender": edi834.get("sender_id"), "receiver": edi834.get("receiver_id"), "purpose": purpose,
                  "usage": self.usage, "time": time}  # fmt: skip
        return filled(self.file_name, values)


def load_partners(folder: Path) -> dict[str, Partner]:
    """All profiles of a folder (`<code>.toml`), by code.

    Raises:
        SettingsError: a profile can't be read or is wrong; names the file, each key and what to do.
    """
    found = {path.stem: load_partner(path) for path in sorted(folder.glob("*.toml"))}
    for code, partner in found.items():
        if partner.code != code:
            raise SettingsError(
                f"the profile says code = {partner.code!r}",
                where=str(folder / f"{code}.toml"),
                hint=f"name the file {partner.code}.toml or correct the code",
            )
    return found


def bank_terms(partners: dict[str, Partner], code: str) -> BankTerms:
    """The ACH terms of the bank with this code.

    Raises:
        SettingsError: there is no such bank profile.
    """
    partner = partners.get(code)
    if partner is None or partner.nacha is None:
        raise SettingsError(
            f"there is no bank profile {code!r}",
            hint=f"add partners/{code}.toml with a table [nacha], or correct the company's bank",
        )
    return partner.nacha


def load_partner(path: Path) -> Partner:
    """The profile in this file, whatever the file is called, laid over the guide that it names.

    Raises:
        SettingsError: it can't be read or is wrong; names the file, each key and what to do.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the partner profile can't be read", where=str(path), hint="it is UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the partner profile is not TOML: {error}", where=str(path)) from error
    if "guide" in raw:
        raw = overlaid(guide(raw.pop("guide"), where=str(path)), raw)
    if isinstance(terms := raw.get("enrollment"), dict):
        terms["folder"] = path.parent
    sftp = raw.get("sftp")
    if isinstance(sftp, dict):
        sftp.setdefault("name", str(raw.get("code", path.stem)))
        if isinstance(key := sftp.get("private_key_path"), str):
            sftp["private_key_path"] = str((path.parent / key).resolve())
    try:
        partner = Partner.model_validate(raw, context={_FOLDER: path.parent})
    except ValidationError as error:
        raise SettingsError(
            f"the partner profile has wrong values: {faults(error, 'profile')}",
            where=str(path),
            hint="correct the named keys",
        ) from None
    partner._allow_list = path.parent.parent / FILE_NAME
    return partner


def faults(error: ValidationError, whole: str) -> str:
    """Each wrong key and what is wrong with it, never a value."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or whole}: {e['msg'].removeprefix('Value error, ')}"
        for e in error.errors(include_input=False, include_url=False)
    )
