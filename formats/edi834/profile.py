"""What one partner wants of an 834: delimiters, ids, file style and meanings. Read from TOML, validated."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from formats.edi834.codes import TIERS
from formats.edi834.places import find
from formats.edi834.profile_parts import (
    Action,
    Broker,
    CoverageMaintenance,
    Id,
    Meaning,
    MemberMaintenance,
    Party,
    Reason,
    Reference,
    Terms,
)
from formats.errors import SettingsError

Charset = Literal["basic", "extended"]
EndDate = Literal["last_day_covered", "first_day_not_covered"]
Delimiter = Annotated[str, Field(min_length=1, max_length=1)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,6}$")]
Version = Literal["005010X220A1", "005010X220", "004010X095A1"]

VERSION: Version = "005010X220A1"
OLD_VERSION: Version = "004010X095A1"
LINE_ENDS = {"none": "", "lf": "\n", "crlf": "\r\n"}


class Profile(Terms):
    """One partner's terms. Frozen; the defaults are the widely accepted ones of the guide.

    `action` (BGN08), `member_maintenance` (INS03), `coverage_maintenance` (HD01) and `reason` (INS04) are
    separate because carriers combine them freely; the last three fill rows that leave theirs null. They are those
    of a full file; `change` holds the same four of a change file (`for_change`). `end_date` says what this partner
    takes an end date to mean; the frames always hold the first day not covered. `tiers` maps our HD05 code to the
    partner's: a tier missing here is an error.

    Places (places.py) name elements: `required` (of every row), `required_subscriber` (of subscribers), `forbidden`
    (left out), `constant` (place = text), `codes` (place = {ours = theirs}), and `deviations` (place = codes this
    partner takes although the guide does not). When which file goes, under what name and what it says of the ended is
    agreed on for files of every form, and is no part of this.
    """

    name: Reference
    version: Version = VERSION
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
    administrator: Broker | None = None
    master_policy: Reference | None = None
    time_zone: Literal["ET", "CT", "MT", "PT", "UT", "GM"] | None = None
    totals: bool = True

    action: Action = "4"
    member_maintenance: MemberMaintenance = "030"
    coverage_maintenance: CoverageMaintenance = "030"
    reason: Reason | None = "XN"
    change: Meaning = Meaning()
    max_members_per_set: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    max_members_per_file: Annotated[int, Field(ge=1)] | None = None
    subscriber_reference: Literal["subscriber_id", "ssn"] = "subscriber_id"
    member_identifier: Literal["ssn", "member_id", "none"] = "ssn"
    end_date: EndDate = "last_day_covered"
    tiers: dict[str, str] = Field(default_factory=lambda: {t: t for t in TIERS})
    requires_address: bool = False
    child_age_limit: Annotated[int, Field(ge=18, le=99)] | None = None
    plans: list[str] | None = None

    required: list[str] = Field(default_factory=list)
    required_subscriber: list[str] = Field(default_factory=list)
    forbidden: list[str] = Field(default_factory=list)
    constant: dict[str, Reference] = Field(default_factory=dict)
    codes: dict[str, dict[str, Code]] = Field(default_factory=dict)
    deviations: dict[str, list[Code]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._delimiters()
        if wrong := sorted({*self.tiers, *self.tiers.values()} - set(TIERS) - set(self.deviations.get("HD05", []))):
            raise ValueError(f"tiers holds codes that HD05 does not know: {', '.join(wrong)}")
        if self.sponsor.qualifier == "XV":
            raise ValueError("sponsor.qualifier must be 24, 94 or FI")
        parties = [self.payer, self.broker, self.administrator]
        if any(party and party.qualifier == "24" for party in parties):
            raise ValueError("payer.qualifier and broker.qualifier must be 94, FI or XV")
        if self.action == "4" and self.member_maintenance != "030":
            raise ValueError("action 4 (verify) goes with member_maintenance 030")
        named = [*self.required, *self.required_subscriber, *self.forbidden]
        named += [*self.constant, *self.codes, *self.deviations]
        if wrong := sorted(place for place in named if find(place) is None):
            raise ValueError(f"these are no places of the guide: {', '.join(wrong)}")
        for kind in (self, self.change):
            if kind.member_maintenance == "026" and "026" not in self.deviations.get("INS03", []):
                raise ValueError("INS03 026 is outside the guide: declare it under deviations")
        if self.version == OLD_VERSION and "RX" in (self.action, self.change.action):
            raise ValueError("004010X095A1 knows the actions 2 and 4 only")
        return self

    def _delimiters(self) -> None:
        marks = [self.element, self.repetition, self.component, self.terminator]
        if len(set(marks)) < 4 or any(m.isalnum() or m.isspace() or not m.isascii() for m in marks):
            raise ValueError("delimiters must be four different ASCII marks, not letters, digits or blanks")
        for value in self._envelope_values():
            if any(m in value for m in marks):
                raise ValueError("a delimiter occurs in an id, name, policy number or constant of the profile")
        if self.charset == "basic" and any("_" in v for v in self._envelope_values()):
            raise ValueError("an id, name or policy number holds _, which the basic character set has not")

    def _envelope_values(self) -> list[str]:
        brokers = [b for b in (self.broker, self.administrator) if b]
        ids = [self.sender_id, self.receiver_id, self.gs_sender, self.gs_receiver, self.master_policy]
        ids += [account for b in brokers for account in (b.account, b.account2)]
        parties = [self.sponsor, self.payer, *brokers]
        return [v for v in ids if v] + [v for p in parties for v in (p.name, p.id)] + list(self.constant.values())

    def cased(self, text: str) -> str:
        """Envelope and header text in capitals when the partner's character set has no others."""
        return text.upper() if self.charset == "basic" else text

    @property
    def segment_end(self) -> str:
        """Terminator with the line end this partner wants after it."""
        return self.terminator + LINE_ENDS[self.line_end]

    def for_change(self) -> "Profile":
        """The same terms with the meanings of a change file."""
        return self.model_copy(update=self.change.model_dump())

    def of_sent(self) -> "Profile":
        """The terms a file of this partner is checked by once it is written: what was mapped is not mapped again."""
        tiers = {t: t for t in self.tiers.values()}
        codes = {place: {c: c for c in table.values()} for place, table in self.codes.items()}
        return self.model_copy(update={"tiers": tiers, "codes": codes, "subscriber_reference": "subscriber_id"})


@dataclass(frozen=True)
class Stamp:
    """What makes one file different from the next: allocated by the ledger of control numbers, never guessed.

    `set_control` is the ST02 of the first set; further sets take the numbers that follow (`sets_needed` says
    how many). `created` comes from the business date and record, not from a clock. With `original_reference`
    the file is a re-submission (BGN01 15), or with `copy` an information copy (22). `effective` is the file's
    DTP*007, when the partner wants one; `dates` are further header dates as (qualifier, day).
    """

    interchange_control: int
    group_control: int
    set_control: int
    reference: str
    created: dt.datetime
    effective: dt.date | None = None
    original_reference: str | None = None
    copy: bool = False
    dates: tuple[tuple[Literal["090", "091", "303", "382", "388"], dt.date], ...] = ()


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
