"""EDI 834 enrollment files (005010X220A1) and their acknowledgements: write, read, check; columnar and pure.

`Enrollment` holds frames (schema.py); a partner's terms are a `Profile`, one file's numbers a `Stamp`.
Ends are the first day not covered, money is cents. `referee.referee` has pyx12 judge what was written, and is
imported from its own module so that only those who ask for it load pyx12.
"""

from formats.edi834.acks import REFUSED, read_acks
from formats.edi834.acks_write import AckStamp, acknowledge, write_999, write_ta1
from formats.edi834.checker import bad_families, check, without_families
from formats.edi834.envelope import Marks, Route
from formats.edi834.extras import EXTRAS
from formats.edi834.profile import Profile, Stamp, load_profile
from formats.edi834.profile_parts import Broker, Meaning, Party
from formats.edi834.reader import read
from formats.edi834.rules import rules
from formats.edi834.schema import COVERAGES, HEADER, INTERCHANGE, MEMBERS, POSITIONS, Enrollment
from formats.edi834.schema_acks import ACK_ERRORS, APPLICATIONS, GROUPS, SETS, TA1, Acks
from formats.edi834.trace import locate
from formats.edi834.writer import in_files, sets_needed, write, write_parts, write_with_positions

__all__ = [
    "ACK_ERRORS",
    "APPLICATIONS",
    "COVERAGES",
    "EXTRAS",
    "GROUPS",
    "HEADER",
    "INTERCHANGE",
    "MEMBERS",
    "POSITIONS",
    "REFUSED",
    "SETS",
    "TA1",
    "AckStamp",
    "Acks",
    "Broker",
    "Enrollment",
    "Marks",
    "Meaning",
    "Party",
    "Profile",
    "Route",
    "Stamp",
    "acknowledge",
    "bad_families",
    "check",
    "in_files",
    "load_profile",
    "locate",
    "read",
    "read_acks",
    "rules",
    "sets_needed",
    "without_families",
    "write",
    "write_999",
    "write_parts",
    "write_ta1",
    "write_with_positions",
]
