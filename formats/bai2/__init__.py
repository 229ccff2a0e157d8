"""BAI2 balance and transaction statements: what the bank says moved through an account on a day.

Records 01, 02, 03, 16, 49, 98, 99 with 88 as continuation. Frames in `schema`; the three verbs as in every
format: `read(bytes)` never raises on content, `check` recounts the controls, `write` refuses what can't be.
"""

from formats.bai2.check import check
from formats.bai2.reader import read
from formats.bai2.schema import ACCOUNTS, FILE, GROUPS, SUMMARIES, TRANSACTIONS, Statement, signed_cents
from formats.bai2.writer import STRICT, Profile, write

__all__ = [
    "ACCOUNTS",
    "FILE",
    "GROUPS",
    "STRICT",
    "SUMMARIES",
    "TRANSACTIONS",
    "Profile",
    "Statement",
    "check",
    "read",
    "signed_cents",
    "write",
]
