"""Simulation: who is invented, a bank and four vendors, and what each agreed on with us.

The vendors differ on purpose: a full 834 each night, an 834 of changes, a CSV and a fixed-width layout of their own
(`layouts/`). None of them exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BANK, CHANGED, LISTING = "first-harbor", "brightsmile", "clearview"
LAYOUTS = Path(__file__).parent / "layouts"


@dataclass(frozen=True)
class Invented:
    """A counterparty that does not exist. `table` is what its profile says beyond server and keys, as TOML.

    layout: the file in `LAYOUTS` that its own format is described in. refuses: share of the 834s of which it refuses a
    set for no good reason; what holds a ZIP that no place has it refuses for a good one.
    """

    code: str
    name: str
    kind: str
    table: str
    file_name: str = "{company}_{kind}_{date}_{sequence}.txt"
    layout: str | None = None
    refuses: float = 0.0


_BANK_TABLE = """\
[nacha]
immediate_destination = "011000992"
destination_name = "FIRST HARBOR BANK"
origin_name = "DAYBOOK"
odfi = "01100099"
sec = ["PPD", "CCD", "CTX", "WEB", "TEL"]
time_zone = "America/New_York"
cutoffs = [
  { name = "same-day morning", at = "10:00", same_day = true },
  { name = "same-day afternoon", at = "14:00", same_day = true },
  { name = "evening", at = "20:00" },
]
same_day = "wanted"
lead_banking_days = 1
max_lines = 1_000_000
entry_limit_cents = 100_000_000
file_limit_cents = 10_000_000_000
day_limit_cents = 20_000_000_000
hold_banking_days = 5
retry_after_days = 5
prenote = "new"
"""
_EDI834 = """\
[edi834]
sender_id = "DAYBOOK"
receiver_id = "{receiver}"
usage = "P"
line_end = "{line_end}"
# Small sets: pyx12 judges them side by side, and an answer about one leaves the others alone.
max_members_per_set = 500
"""
_FULL_TABLE = (
    _EDI834.format(receiver="EVERGREEN", line_end="crlf")
    + """
[enrollment]
files = "full"              # everybody, each night
termination = "window"      # ended coverage is said again for as many days
termination_days = 60
"""
)
_CHANGE_TABLE = (
    _EDI834.format(receiver="BRIGHTSMILE", line_end="none")
    + """
[enrollment]
files = "change"            # what differs from what it took; the first file holds everybody
termination = "once"
unanswered = "repeat"
resubmission = true         # a file that tells again what was refused says so: BGN01 15 and BGN06
answer_hours = 48
"""
)
_CSV_TABLE = """\
[enrollment]
files = "full"
format = "layouts/clearview.toml"
roster = "layouts/clearview.toml"    # its own list of members comes back in the same layout
usage = "P"
termination = "omission"    # who is not in the file has ended
"""
_FIXED_TABLE = """\
[enrollment]
files = "full"
format = "layouts/lifeguard.toml"
usage = "P"
termination = "window"
termination_days = 30
"""

INVENTED = (
    Invented(BANK, "First Harbor Bank", "bank", _BANK_TABLE),
    Invented("evergreen", "Evergreen Health", "vendor", _FULL_TABLE, refuses=0.1),
    Invented(CHANGED, "BrightSmile Dental", "vendor", _CHANGE_TABLE,
             file_name="{company}_{kind}_{purpose}_{date}_{sequence}.txt"),
    Invented(LISTING, "ClearView Vision", "vendor", _CSV_TABLE,
             file_name="{company}_vision_{date}_{sequence}.csv", layout="clearview.toml"),
    Invented("lifeguard", "LifeGuard Mutual", "vendor", _FIXED_TABLE,
             file_name="{company}.LIFE.{date}.{sequence}.dat", layout="lifeguard.toml"),
)  # fmt: skip
