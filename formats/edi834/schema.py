"""The frames of an enrollment file and of its acknowledgements: every column is declared here, once.

Periods are half-open: an `end` is the first day not covered, whatever a partner's file says it means.
Money is integer cents. Keys (`member_key`, `subscriber_key`) are the record's, stable, and never personal.
"""

from dataclasses import dataclass, field

import polars as pl

from formats.problems import problems

Schema = dict[str, pl.DataType]

INTERCHANGE: Schema = {  # one row per 834 transaction set
    "set_no": pl.Int64(),  # 1-based running number of the set in the file
    "isa_control": pl.String(),  # ISA13
    "sender_id": pl.String(),  # ISA06, blanks stripped
    "receiver_id": pl.String(),  # ISA08, blanks stripped
    "usage": pl.String(),  # ISA15: T test, P production
    "gs_control": pl.String(),  # GS06
    "version": pl.String(),  # GS08, else ST03
    "set_control": pl.String(),  # ST02
    "purpose": pl.String(),  # BGN01
    "reference": pl.String(),  # BGN02
    "created_date": pl.Date(),  # BGN03
    "created_time": pl.String(),  # BGN04
    "original_reference": pl.String(),  # BGN06
    "action": pl.String(),  # BGN08: 2 change, 4 verify, RX replace
    "master_policy": pl.String(),  # REF*38
    "effective_date": pl.Date(),  # DTP*007
    "sponsor_id": pl.String(),  # N1*P5
    "payer_id": pl.String(),  # N1*IN
    "total_stated": pl.Int64(),  # QTY*TO
    "subscribers_stated": pl.Int64(),  # QTY*ET
    "dependents_stated": pl.Int64(),  # QTY*DT
    "members": pl.Int64(),  # INS segments counted
}

MEMBERS: Schema = {
    "member_key": pl.String(),
    "subscriber_key": pl.String(),  # member_key of the family's subscriber
    "subscriber_id": pl.String(),  # REF*0F: the same on every member of the family
    "is_subscriber": pl.Boolean(),  # INS01
    "relationship": pl.String(),  # INS02: 18 self, 01 spouse, 19 child ...
    "maintenance_type": pl.String(),  # INS03; null when writing: the profile's value for full files
    "maintenance_reason": pl.String(),  # INS04; null when writing: the profile's value
    "benefit_status": pl.String(),  # INS05; null when writing: A
    "employment_status": pl.String(),  # INS08, subscribers only
    "policy_number": pl.String(),  # REF*1L
    "eligibility_begin": pl.Date(),  # DTP*356
    "eligibility_end": pl.Date(),  # DTP*357, first day not covered
    "last_name": pl.String(),  # NM103
    "first_name": pl.String(),  # NM104
    "middle_name": pl.String(),  # NM105
    "name_suffix": pl.String(),  # NM107
    "ssn": pl.String(),  # NM109 under qualifier 34
    "member_id": pl.String(),  # NM109 under qualifier ZZ
    "phone": pl.String(),  # PER
    "email": pl.String(),  # PER*EM
    "address1": pl.String(),  # N301
    "address2": pl.String(),  # N302
    "city": pl.String(),  # N401
    "state": pl.String(),  # N402
    "zip": pl.String(),  # N403
    "birth_date": pl.Date(),  # DMG02
    "gender": pl.String(),  # DMG03: F M U; null when writing: U
    "marital_status": pl.String(),  # DMG04
    "set_no": pl.Int64(),  # when read: row of the interchange frame; null from the record
    "position": pl.Int64(),  # when read: segment number of the INS in the file; null from the record
}

COVERAGES: Schema = {
    "member_key": pl.String(),
    "maintenance_type": pl.String(),  # HD01; null when writing: the profile's value for full files
    "line": pl.String(),  # HD03: HLT DEN VIS ...
    "plan_code": pl.String(),  # HD04
    "tier": pl.String(),  # HD05: EMP ESP ECH FAM ...
    "begin": pl.Date(),  # DTP*348
    "end": pl.Date(),  # DTP*349, first day not covered
    "premium_cents": pl.Int64(),  # AMT*P3
    "policy_number": pl.String(),  # REF*1L of the coverage
    "position": pl.Int64(),  # when read: segment number of the HD in the file
}

POSITIONS: Schema = {  # where each written segment stands, to trace IK3/IK4 back to the record
    "set_control": pl.String(),
    "position": pl.Int64(),  # segments counted from ST = 1, as IK302 counts
    "member_key": pl.String(),
    "segment": pl.String(),
    "loop": pl.String(),  # 2000, 2100A, 2300
    "line": pl.String(),  # insurance line of a 2300 segment, else null
    "field": pl.String(),  # the main column the segment carries
}

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
    "qualifier": pl.String(),  # OTI02, or REF01 below the OTI
    "value": pl.String(),  # OTI03, or REF02
    "group_control": pl.String(),  # OTI08
    "set_control": pl.String(),  # OTI09
    "set_id": pl.String(),  # OTI10
    "codes": pl.String(),  # TED01 and RED06, joined by blanks, raw
    "position": pl.Int64(),
}


def empty(schema: Schema) -> pl.DataFrame:
    """A frame of the schema without rows."""
    return pl.DataFrame(schema=schema)


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Bring a frame to the schema: columns in order, types cast, missing columns null, others dropped."""
    return frame.select(
        (pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name))
        for name, dtype in schema.items()
    )


@dataclass(frozen=True)
class Enrollment:
    """An enrollment file as frames; columns: INTERCHANGE, MEMBERS, COVERAGES and the problems of reading.

    Build one from the record with members and coverages alone: missing optional columns become null.
    """

    members: pl.DataFrame
    coverages: pl.DataFrame
    interchange: pl.DataFrame = field(default_factory=lambda: empty(INTERCHANGE))
    problems: pl.DataFrame = field(default_factory=problems)

    def __post_init__(self) -> None:
        """Hold the declared columns at the door."""
        object.__setattr__(self, "members", conform(self.members, MEMBERS))
        object.__setattr__(self, "coverages", conform(self.coverages, COVERAGES))
        object.__setattr__(self, "interchange", conform(self.interchange, INTERCHANGE))


@dataclass(frozen=True)
class Acks:
    """What a partner answered; columns: TA1, GROUPS, SETS, ACK_ERRORS, APPLICATIONS, and read problems."""

    ta1: pl.DataFrame = field(default_factory=lambda: empty(TA1))
    groups: pl.DataFrame = field(default_factory=lambda: empty(GROUPS))
    sets: pl.DataFrame = field(default_factory=lambda: empty(SETS))
    errors: pl.DataFrame = field(default_factory=lambda: empty(ACK_ERRORS))
    applications: pl.DataFrame = field(default_factory=lambda: empty(APPLICATIONS))
    problems: pl.DataFrame = field(default_factory=problems)
