"""How one bank wants its files: strict by the standard, with each deviation a named option."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Offset:
    """The originator's own account that brings each batch's debits and credits level."""

    rdfi: str  # 8 digits
    account: str
    name: str
    account_type: Literal["checking", "savings", "ledger"] = "checking"
    individual_id: str = ""


@dataclass(frozen=True)
class Profile:
    """Options of a partner; the default is the standard itself.

    `relaxed` holds rule ids that this partner is known to break: they are reported as warnings by `check`
    and no longer stop `write`.
    """

    line_end: Literal["\n", "\r\n"] = "\n"
    blocking: bool = True  # fill up to a multiple of ten records with rows of nines
    offset: Offset | None = None
    relaxed: frozenset[str] = frozenset()


STRICT = Profile()
