"""The frames of acknowledgements: TA1, 999 and 997, 824."""

from dataclasses import dataclass, field

import polars as pl

from formats.edi834.extras import Schema
from formats.edi834.schema import empty
from formats.problems import problems

TA1: Schema = {
    "interchange_control": pl.String(),  # TA101 = the ISA13 it speaks of
    "date": pl.String(),
    "time": pl.String(),
    "verdict": pl.String(),  # TA104: A accepted, E accepted with errors, R rejected
    "note": pl.String(),  # TA105
    "sender_id": pl.String(),  # of the acknowledging interchange
    "position": pl.Int64(),
}

GROUPS: Schema = {  # one row per AK1/AK9
    "ack_no": pl.Int64(),  # running number of the acknowledgement set in the file
    "kind": pl.String(),  # 999 or 997
    "sender_id": pl.String(),
    "functional_id": pl.String(),  # AK101
    "group_control": pl.String(),  # AK102 = the GS06 it speaks of
    "version": pl.String(),  # AK103
    "verdict": pl.String(),  # AK901: A E P R M W X; null when AK9 is missing
    "sets_included": pl.Int64(),  # AK902
    "sets_received": pl.Int64(),  # AK903
    "sets_accepted": pl.Int64(),  # AK904
    "codes": pl.String(),  # AK905.. joined by blanks, raw
    "position": pl.Int64(),
}

SETS: Schema = {  # one row per AK2
    "ack_no": pl.Int64(),
    "group_control": pl.String(),
    "set_id": pl.String(),  # AK201
    "set_control": pl.String(),  # AK202 = the ST02 it speaks of
    "version": pl.String(),  # AK203
    "verdict": pl.String(),  # IK501/AK501
    "codes": pl.String(),  # IK502.. joined by blanks, raw
    "position": pl.Int64(),
}

ACK_ERRORS: Schema = {  # one row per IK4, or per IK3 that has none; copies of bad values are not kept
    "ack_no": pl.Int64(),
    "group_control": pl.String(),
    "set_control": pl.String(),
    "segment": pl.String(),  # IK301
    "segment_position": pl.Int64(),  # IK302, ST = 1
    "loop": pl.String(),  # IK303
    "segment_code": pl.String(),  # IK304
    "element": pl.Int64(),  # IK401-1
    "component": pl.Int64(),  # IK401-2
    "data_element": pl.String(),  # IK402
    "element_code": pl.String(),  # IK403
    "position": pl.Int64(),
}

APPLICATIONS: Schema = {  # 824: one row per OTI
    "reference": pl.String(),  # BGN02 of the 824
    "original_reference": pl.String(),  # BGN06
    "scope": pl.String(),  # first letter of OTI01: T set, B batch, I item
    "verdict": pl.String(),  # second letter of OTI01: A E R P
    "file_reference": pl.String(),  # OTI03 under OTI02 TN
    "subscriber": pl.String(),  # under 0F: of OTI or a REF below it
    "qualifier": pl.String(),  # what tells a member: OTI02 if it is none of those, else REF01 or NM108 below it
    "value": pl.String(),  # OTI03, REF02 or NM109
    "group_control": pl.String(),  # OTI08
    "set_control": pl.String(),  # OTI09
    "set_id": pl.String(),  # OTI10
    "codes": pl.String(),  # TED01 and RED06, joined by blanks, raw
    "position": pl.Int64(),
}


@dataclass(frozen=True)
class Acks:
    """What a partner answered; columns: TA1, GROUPS, SETS, ACK_ERRORS, APPLICATIONS, and read problems."""

    ta1: pl.DataFrame = field(default_factory=lambda: empty(TA1))
    groups: pl.DataFrame = field(default_factory=lambda: empty(GROUPS))
    sets: pl.DataFrame = field(default_factory=lambda: empty(SETS))
    errors: pl.DataFrame = field(default_factory=lambda: empty(ACK_ERRORS))
    applications: pl.DataFrame = field(default_factory=lambda: empty(APPLICATIONS))
    problems: pl.DataFrame = field(default_factory=problems)
