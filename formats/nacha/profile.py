"""How one bank wants its files: strict by the standard, with each deviation a named option."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Offset:
    """The originator's own account that brings debits and credits level, batch by batch or file by file."""

    rdfi: str  # 8 digits
    account: str
    name: str
    account_type: Literal["checking", "savings", "ledger"] = "checking"
    individual_id: str = ""
    per: Literal["batch", "file"] = "batch"
    # Of the batch that an offset per file stands in; the company is that of the first batch it levels.
    sec: Literal["CCD", "PPD"] = "CCD"
    description: str = "OFFSET"


@dataclass(frozen=True)
class Profile:
    """Options of a partner; the default is the standard itself.

    `relaxed` holds rule ids that this partner is known to break (see `rules()`): they are reported as
    warnings by `check` and no longer stop `write`.
    """

    line_end: Literal["\n", "\r\n"] = "\n"
    blocking: bool = True  # fill up to a multiple of ten records with rows of nines
    offset: Offset | None = None
    relaxed: frozenset[str] = frozenset()


STRICT = Profile()
