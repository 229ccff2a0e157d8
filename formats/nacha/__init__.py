"""NACHA (ACH) files: read every SEC code and addenda, write what a bill collector sends, check both.

The three verbs work on frames (`schema`): `read(bytes)` never raises on content, `check(nacha)` tells what
breaks the standard, `write(nacha)` refuses to break it. `totals(bytes)` recounts a file by another road
before it is released. Codes, holidays and corrected-data layouts are tables under `data/`.
"""

from formats.nacha.bytesof import check_digits
from formats.nacha.check import check
from formats.nacha.codes import CHANGE_CODES, RETURN_CODES, SEC_CODES, TRANSACTION_CODES
from formats.nacha.complete import completed
from formats.nacha.masking import masked
from formats.nacha.notices import parse_corrected_data
from formats.nacha.profile import STRICT, Offset, Profile
from formats.nacha.reader import read
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, FILE, Nacha, empty, file_frame, shaped
from formats.nacha.totals import ControlTotals, totals
from formats.nacha.writer import write

__all__ = [
    "ADDENDA",
    "BATCHES",
    "CHANGE_CODES",
    "ENTRIES",
    "FILE",
    "RETURN_CODES",
    "SEC_CODES",
    "STRICT",
    "TRANSACTION_CODES",
    "ControlTotals",
    "Nacha",
    "Offset",
    "Profile",
    "check",
    "check_digits",
    "completed",
    "empty",
    "file_frame",
    "masked",
    "parse_corrected_data",
    "read",
    "shaped",
    "totals",
    "write",
]
