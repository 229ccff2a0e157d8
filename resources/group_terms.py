"""What a group that sends its enrollment by 834 means by it: the table [group] of its profile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["EMP", "ESP", "ECH", "FAM"]


class GroupTerms(BaseModel):
    """How a group's 834 becomes our people and subscriptions. Frozen; every key may be left out.

    `companies`: its policy number (REF*1L) to our company code; a number that is not there is the code itself.
    `company`: of members without a policy number. `end_date`: what it means by an end date. `tiers`: its HD05 to ours.
    `bill_day`, `method`: of subscriptions that are new with it; what is known keeps its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    companies: dict[str, str] = Field(default_factory=dict)
    company: str = ""
    end_date: Literal["last_day_covered", "first_day_not_covered"] = "last_day_covered"
    tiers: dict[str, Tier] = {"IND": "EMP", "SPO": "ESP", "CHD": "ECH"}
    bill_day: Annotated[int, Field(ge=1, le=31)] = 1
    method: Literal["list_bill"] = "list_bill"
