"""The ACH terms of a bank: the table [nacha] of its profile, validated and frozen.

Belongs here: what a bank may want and what it grants. What is done about it stands in the payments room.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from formats import nacha

Name23 = Annotated[str, StringConstraints(min_length=1, max_length=23, pattern=r"^[\x20-\x7e]+$")]
Cents = Annotated[int, Field(gt=0, le=999_999_999_999)]
Days = Annotated[int, Field(ge=0, le=60)]
Sec = Literal["PPD", "CCD", "CTX", "WEB", "TEL"]  # what the desk originates
Side = Literal["debit", "credit"]
_LEAST_LINES = 20


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Limits(_Terms):
    """The most a bank lets one company send in one direction: an entry, a batch, a file, a business date.

    A batch and a file are split at their limit; what is over the day's waits; an entry over its own is refused.
    """

    entry_limit_cents: Cents
    batch_limit_cents: Cents = 999_999_999_999  # what a batch control has room for
    file_limit_cents: Cents
    day_limit_cents: Cents

    @model_validator(mode="after")
    def _limits_nest(self) -> Self:
        if not self.entry_limit_cents <= self.file_limit_cents <= self.day_limit_cents:
            raise ValueError("limits must grow: entry_limit_cents, file_limit_cents, day_limit_cents")
        if self.batch_limit_cents < self.entry_limit_cents:
            raise ValueError("batch_limit_cents must not be below entry_limit_cents")
        return self


class CutOff(_Terms):
    """A time of day, where the bank is, until which it takes files: for the same day, or for the days after."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=30)]
    at: dt.time
    same_day: bool = False

    @field_validator("at")
    @classmethod
    def _plain(cls, at: dt.time) -> dt.time:
        if at.tzinfo is not None or at.second or at.microsecond:
            raise ValueError("is a time of the bank's own clock, HH:MM")
        return at


class BankTerms(Limits):
    """How this bank takes ACH files and how long its money is not yet ours. Amounts are cents.

    Limits are per company, as a bank grants them to an originator; `credits` holds those for money that leaves, the
    same as for drafts unless it is given.
    """

    immediate_destination: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
    destination_name: Name23
    # Without it each company's own ACH id. The file ID modifier counts per origin and day, whoever shares it.
    immediate_origin: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{9,10}$")] | None = None
    origin_name: Name23
    odfi: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    sec: tuple[Sec, ...] = get_args(Sec)

    line_end: Literal["lf", "crlf"] = "lf"
    blocking: bool = True
    relaxed: tuple[str, ...] = ()  # rules of the standard that this bank is known to break
    balanced: Literal["none", "batch", "file"] = "none"
    offset_account: str = ""  # code of each company's own account in the record; never a number

    credits_apart: bool = False  # credits and debits in files of their own
    per_sec: bool = False  # a file per SEC code
    max_lines: Annotated[int, Field(ge=_LEAST_LINES)] | None = None  # of a file, rows of nines included

    time_zone: str
    cutoffs: Annotated[tuple[CutOff, ...], Field(min_length=1)]
    same_day: Literal["never", "wanted", "always"] = "never"
    lead_banking_days: Annotated[int, Field(ge=1, le=2)] = 1  # from the day a file is taken to its effective date

    credits: Limits | None = None
    approve_above_cents: Annotated[int, Field(ge=0)] | None = None  # a file with more debits or credits needs two

    hold_banking_days: Annotated[int, Field(ge=0, le=20)] = 5
    retry_after_days: Days = 5
    # Which accounts a prenote must prove before money moves: none, those that come to us, or every unproved one.
    # An account given online is always proved first, whatever stands here.
    prenote: Literal["never", "new", "always"] = "never"
    prenote_wait_banking_days: Annotated[int, Field(ge=3, le=20)] = 3  # from its settlement; the standard asks for 3
    new_account_hold_days: Days = 3  # calendar days before money goes to an agent's or vendor's first account
    changed_account_hold_days: Days = 5  # and to one that took the place of another: the usual way of fraud
    # A fee for a returned draft (R01, R09), where the payer was told of it beforehand; 0: none.
    return_fee_cents: Annotated[int, Field(ge=0, le=10_000)] = 0
    return_fee_notice: bool = False
    return_fee_days: Annotated[int, Field(ge=1, le=45)] = 45
    # Agents and vendors are paid on these days of the month (31: its last); none: only when a person says so.
    payout_days: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    payout_minimum_cents: Annotated[int, Field(gt=0, le=1_000_000)] = 1

    @field_validator("immediate_destination")
    @classmethod
    def _routing(cls, number: str) -> str:
        if sum(int(d) * w for d, w in zip(number, (3, 7, 1) * 3, strict=True)) % 10:
            raise ValueError("the ninth digit is not the check digit of the first eight")
        return number

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is not a time zone like America/New_York") from None
        return name

    @field_validator("relaxed")
    @classmethod
    def _known_rules(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(ids) - set(nacha.rules()["rule"])):
            raise ValueError(f"there is no rule {unknown[0]}; `daybook inspect` shows the ids")
        return ids

    @field_validator("sec")
    @classmethod
    def _some_once(cls, codes: tuple[Sec, ...]) -> tuple[Sec, ...]:
        if not codes or len(set(codes)) < len(codes):
            raise ValueError("names each SEC code the bank takes once, and at least one")
        return codes

    @model_validator(mode="after")
    def _cutoffs_serve(self) -> Self:
        if all(each.same_day for each in self.cutoffs):
            raise ValueError("cutoffs: one at least must be for the next day (same_day = false)")
        if self.same_day != "never" and not any(each.same_day for each in self.cutoffs):
            raise ValueError(f"same_day = {self.same_day!r} needs a cut-off with same_day = true")
        return self

    @model_validator(mode="after")
    def _offset_is_named(self) -> Self:
        if (self.balanced == "none") != (self.offset_account == ""):
            raise ValueError("balanced files, and only they, need offset_account (code of the company's own account)")
        if self.offset_account.isdigit() and len(self.offset_account) > 3:
            raise ValueError("offset_account is the code of an account in the record, never its number")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The bank's time zone."""
        return ZoneInfo(self.time_zone)

    def limits(self, side: Side) -> Limits:
        """What the bank grants in this direction."""
        return self.credits or self if side == "credit" else self
