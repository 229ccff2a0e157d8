"""Partner profiles: one TOML file per bank and vendor, validated, frozen.

Belongs here: what a partner wants and who it is. A file path in a profile counts from the profile's own folder.
No profile holds a secret: keys lie in files of their own, passwords behind a reference.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from string import Formatter
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

from formats.errors import SettingsError
from resources.allow_list import FILE_NAME, AllowedEndpoint, load_allow_list
from resources.bank_terms import BankTerms
from resources.endpoint import Endpoint
from resources.group_terms import GroupTerms
from resources.vendor_terms import VendorTerms

Fingerprint = Annotated[str, StringConstraints(pattern=r"^([0-9A-F]{40}|[0-9A-F]{64})$")]

NAME_FIELDS = frozenset({"company", "kind", "purpose", "date", "sequence"})
_FOLDER = "folder"


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
    """One bank or vendor. `edi834` is the raw table that `formats.edi834` validates.

    `file_name` is the template of outbound names with the places {company} {kind} {purpose} {date} {sequence}; a file
    travels under that name with `.pgp` behind it. Two files of one partner never share a name, by a constraint.
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

    @field_validator("file_name")
    @classmethod
    def _template(cls, text: str) -> str:
        try:
            places = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ValueError(f"is not a template: {error}") from error
        if places - NAME_FIELDS or not {"company", "date", "sequence"} <= places:
            raise ValueError("must hold {company}, {date} and {sequence}, may hold {kind} and {purpose}, nothing else")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", _named(text, "X", "nacha", dt.date.min, 1)):
            raise ValueError("may hold letters, digits, dots, dashes and underscores only")
        return text

    @model_validator(mode="after")
    def _terms_of_kind(self) -> Self:
        if (self.nacha is not None) != (self.kind == "bank"):
            raise ValueError("a bank needs the table [nacha], and only a bank has one")
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

    def named(self, company: str, kind: str, date: dt.date, sequence: int, purpose: str = "full") -> str:
        """The outbound name of a company's file (`.pgp` not included). Odd letters of its code become dashes."""
        return _named(self.file_name.replace("{purpose}", purpose), company, kind, date, sequence)


def _named(template: str, company: str, kind: str, date: dt.date, sequence: int) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", company).strip("-") or "X"
    return template.format(company=plain, kind=kind, purpose="full", date=f"{date:%Y%m%d}", sequence=f"{sequence:02d}")


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
    """The profile in this file, whatever the file is called.

    Raises:
        SettingsError: it can't be read or is wrong; names the file, each key and what to do.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the partner profile can't be read", where=str(path), hint="it is UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the partner profile is not TOML: {error}", where=str(path)) from error
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
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'profile'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(
            f"the partner profile has wrong values: {faults}", where=str(path), hint="correct the named keys"
        ) from None
    partner._allow_list = path.parent.parent / FILE_NAME
    return partner
