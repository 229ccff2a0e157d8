"""NACHA (ACH) files: read every SEC code and addenda, write what is sent and what comes back, check both.

The three verbs work on frames (`schema`): `read(bytes)` never raises on content, `check(nacha)` tells what
breaks the standard, `write(nacha)` refuses to break it. `totals(bytes)` recounts a file by another road
before it is released. Codes, dated limits, reserved descriptions, holidays, corrected-data layouts and the
list of all rules are tables under `data/`.
"""

from formats.nacha.bytesof import check_digits
from formats.nacha.check import check
from formats.nacha.codes import CHANGE_CODES, DESCRIPTIONS, LIMITS, RETURN_CODES, SEC_CODES, TRANSACTION_CODES, rules
from formats.nacha.complete import completed
from formats.nacha.masking import masked
from formats.nacha.notices import parse_corrected_data
from formats.nacha.profile import STRICT, Offset, Profile
from formats.nacha.reader import read
from formats.nacha.reversal import Reversal, reversed_entries
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, FILE, Nacha, empty, file_frame, shaped
from formats.nacha.totals import ControlTotals, totals
from formats.nacha.writer import write

__all__ = [
    "ADDENDA",
    "BATCHES",
    "CHANGE_CODES",
    "DESCRIPTIONS",
    "ENTRIES",
    "FILE",
    "LIMITS",
    "RETURN_CODES",
    "SEC_CODES",
    "STRICT",
    "TRANSACTION_CODES",
    "ControlTotals",
    "Nacha",
    "Offset",
    "Profile",
    "Reversal",
    "check",
    "check_digits",
    "completed",
    "empty",
    "file_frame",
    "masked",
    "parse_corrected_data",
    "read",
    "reversed_entries",
    "rules",
    "shaped",
    "totals",
    "write",
]
