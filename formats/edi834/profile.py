"""What one partner wants of an 834: delimiters, ids, file style and meanings. Read from TOML, validated."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from formats.edi834.codes import TIERS
from formats.errors import SettingsError

Charset = Literal["basic", "extended"]
EndDate = Literal["last_day_covered", "first_day_not_covered"]
Delimiter = Annotated[str, Field(min_length=1, max_length=1)]
# Nothing that goes into the envelope may hold a delimiter, so ids keep to letters, digits and a few marks.
Id = Annotated[str, Field(min_length=2, max_length=15, pattern=r"^[A-Za-z0-9 ._/-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9 &',./()-]+$")]
Reference = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9 ._/-]+$")]
MemberMaintenance = Literal["001", "021", "024", "025", "030"]
CoverageMaintenance = Literal["001", "002", "021", "024", "025", "026", "030", "032"]

VERSION = "005010X220A1"
LINE_ENDS = {"none": "", "lf": "\n", "crlf": "\r\n"}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Party(_Model):
    """A sponsor (N1*P5), payer (N1*IN) or broker (N1*BO, or TV) with its id under qualifier 24, 94, FI, XV."""

    name: Name
    id: Annotated[str, Field(min_length=2, max_length=80, pattern=r"^[A-Za-z0-9 ._/-]+$")]
    qualifier: Literal["24", "94", "FI", "XV"] = "FI"


class Broker(Party):
    """Loop 1000C: broker (BO) or third-party administrator (TV), with its account number (ACT01)."""

    role: Literal["BO", "TV"] = "BO"
    account: Reference | None = None


class Profile(_Model):
    """One partner's terms. Frozen; the defaults are the widely accepted ones of the guide.

    `action` (BGN08), `member_maintenance` (INS03), `coverage_maintenance` (HD01) and `reason` (INS04) are
    separate because carriers combine them freely; the last three fill rows that leave theirs null, which is
    how a full file is made. `end_date` says what this partner takes an end date to mean; the frames always
    hold the first day not covered. `tiers` maps our HD05 code to the partner's: a tier missing here is an error.
    """

    name: Reference
    element: Delimiter = "*"
    repetition: Delimiter = "^"
    component: Delimiter = ":"
    terminator: Delimiter = "~"
    line_end: Literal["none", "lf", "crlf"] = "lf"
    charset: Charset = "basic"
    illegal_characters: Literal["replace", "refuse"] = "replace"

    sender_qualifier: Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"] = "ZZ"
    sender_id: Id
    receiver_qualifier: Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"] = "ZZ"
    receiver_id: Id
    gs_sender: Id | None = None
    gs_receiver: Id | None = None
    usage: Literal["T", "P"] = "T"
    acknowledgment_requested: bool = True

    sponsor: Party
    payer: Party
    broker: Broker | None = None
    master_policy: Reference | None = None
    time_zone: Literal["ET", "CT", "MT", "PT", "UT", "GM"] | None = None

    action: Literal["2", "4", "RX"] = "4"
    member_maintenance: MemberMaintenance = "030"
    coverage_maintenance: CoverageMaintenance = "030"
    reason: Annotated[str, Field(min_length=2, max_length=2)] | None = "XN"
    max_members_per_set: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    subscriber_reference: Literal["subscriber_id", "ssn"] = "subscriber_id"
    member_identifier: Literal["ssn", "member_id", "none"] = "ssn"
    end_date: EndDate = "last_day_covered"
    tiers: dict[str, str] = Field(default_factory=lambda: {t: t for t in TIERS})
    requires_address: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        marks = [self.element, self.repetition, self.component, self.terminator]
        if len(set(marks)) < 4 or any(m.isalnum() or m.isspace() or not m.isascii() for m in marks):
            raise ValueError("delimiters must be four different ASCII marks, not letters, digits or blanks")
        for value in self._envelope_values():
            if any(m in value for m in marks):
                raise ValueError("a delimiter occurs in an id, name or policy number of the profile")
        if self.charset == "basic" and any("_" in v for v in self._envelope_values()):
            raise ValueError("an id, name or policy number holds _, which the basic character set has not")
        if wrong := sorted({*self.tiers, *self.tiers.values()} - set(TIERS)):
            raise ValueError(f"tiers holds codes that HD05 does not know: {', '.join(wrong)}")
        if self.sponsor.qualifier == "XV":
            raise ValueError("sponsor.qualifier must be 24, 94 or FI")
        if self.payer.qualifier == "24" or (self.broker and self.broker.qualifier == "24"):
            raise ValueError("payer.qualifier and broker.qualifier must be 94, FI or XV")
        if self.action == "4" and self.member_maintenance != "030":
            raise ValueError("action 4 (verify) goes with member_maintenance 030")
        return self

    def _envelope_values(self) -> list[str]:
        parties = [self.sponsor, self.payer, *([self.broker] if self.broker else [])]
        ids = [self.sender_id, self.receiver_id, self.gs_sender, self.gs_receiver, self.master_policy]
        ids += [self.broker.account if self.broker else None]
        return [v for v in ids if v] + [v for p in parties for v in (p.name, p.id)]

    def cased(self, text: str) -> str:
        """Envelope and header text in capitals when the partner's character set has no others."""
        return text.upper() if self.charset == "basic" else text

    @property
    def segment_end(self) -> str:
        """Terminator with the line end this partner wants after it."""
        return self.terminator + LINE_ENDS[self.line_end]


@dataclass(frozen=True)
class Stamp:
    """What makes one file different from the next: allocated by the ledger of control numbers, never guessed.

    `set_control` is the ST02 of the first set; further sets take the numbers that follow (`sets_needed` says
    how many). `created` comes from the business date and record, not from a clock. With `original_reference`
    the file is a re-submission (BGN01 15). `effective` is the file's DTP*007, when the partner wants one.
    """

    interchange_control: int
    group_control: int
    set_control: int
    reference: str
    created: dt.datetime
    effective: dt.date | None = None
    original_reference: str | None = None


def load_profile(path: Path) -> Profile:
    """Read a profile from TOML. Raises SettingsError that names the file and every wrong key in plain words."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "The 834 profile cannot be read", where=str(path), hint="check the path, and that it is UTF-8 text"
        ) from error
    try:
        return Profile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The 834 profile is not valid TOML: {error}", where=str(path), hint="correct the line it names"
        ) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'profile'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(
            f"The 834 profile has wrong values: {faults}", where=str(path), hint="correct the named keys"
        ) from error
