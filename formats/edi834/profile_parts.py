"""The tables within a partner's profile: parties, and the meanings of a change file."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# Nothing that goes into the envelope may hold a delimiter, so ids keep to letters, digits and a few marks.
Id = Annotated[str, Field(min_length=2, max_length=15, pattern=r"^[A-Za-z0-9 ._/-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9 &',./()-]+$")]
Reference = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9 ._/-]+$")]
MemberMaintenance = Literal["001", "021", "024", "025", "026", "030"]
CoverageMaintenance = Literal["001", "002", "021", "024", "025", "026", "030", "032"]
Action = Literal["2", "4", "RX"]
Reason = Annotated[str, Field(min_length=2, max_length=2)]


class Terms(BaseModel):
    """A frozen table that takes no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Party(Terms):
    """A sponsor (N1*P5), payer (N1*IN) or broker (N1*BO, or TV) with its id under qualifier 24, 94, FI, XV."""

    name: Name
    id: Annotated[str, Field(min_length=2, max_length=80, pattern=r"^[A-Za-z0-9 ._/-]+$")]
    qualifier: Literal["24", "94", "FI", "XV"] = "FI"


class Broker(Party):
    """Loop 1000C: broker (BO) or third-party administrator (TV), with its account numbers (ACT01, ACT06)."""

    role: Literal["BO", "TV"] = "BO"
    account: Reference | None = None
    account2: Reference | None = None


class Meaning(Terms):
    """What the codes of one kind of file say: BGN08, and INS03, HD01 and INS04 of rows that leave theirs null."""

    action: Action = "2"
    member_maintenance: MemberMaintenance = "001"
    coverage_maintenance: CoverageMaintenance = "001"
    reason: Reason | None = None
