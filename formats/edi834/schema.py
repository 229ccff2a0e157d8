"""The frames of an enrollment file and of its acknowledgements: every column is declared here, once.

Periods are half-open: an `end` is the first day not covered, whatever a partner's file says it means.
Money is integer cents. Keys (`member_key`, `subscriber_key`) are the record's, stable, and never personal.
"""

from dataclasses import dataclass, field

import polars as pl

from formats.edi834.extras import EXTRAS, Schema, no_extras
from formats.problems import problems

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
    "time_zone": pl.String(),  # BGN05
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
    "coverage_key": pl.String(),  # what rows of extras name it by; null when none does
    "maintenance_type": pl.String(),  # HD01; null when writing: the profile's value for full files
    "line": pl.String(),  # HD03: HLT DEN VIS ...
    "plan_code": pl.String(),  # HD04
    "tier": pl.String(),  # HD05: EMP ESP ECH FAM ...
    "late": pl.String(),  # HD09: Y, N
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

HEADER: dict[str, Schema] = {  # what a read header holds several of
    "parties": {  # N1 of loops 1000A to 1000C, with ACT of 1100C
        "set_no": pl.Int64(),
        "role": pl.String(),  # P5 sponsor, IN payer, BO broker, TV administrator
        "name": pl.String(),
        "qualifier": pl.String(),
        "id": pl.String(),
        "account": pl.String(),  # ACT01
        "account2": pl.String(),  # ACT06
    },
    "dates": {"set_no": pl.Int64(), "qualifier": pl.String(), "day": pl.Date()},  # DTP of the header
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

    Build one from the record with members and coverages alone: missing optional columns become null. `extras`
    holds the frames of EXTRAS by name, `header` those of HEADER; what is not given is empty.
    """

    members: pl.DataFrame
    coverages: pl.DataFrame
    interchange: pl.DataFrame = field(default_factory=lambda: empty(INTERCHANGE))
    problems: pl.DataFrame = field(default_factory=problems)
    extras: dict[str, pl.DataFrame] = field(default_factory=no_extras)
    header: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hold the declared columns at the door."""
        object.__setattr__(self, "members", conform(self.members, MEMBERS))
        object.__setattr__(self, "coverages", conform(self.coverages, COVERAGES))
        object.__setattr__(self, "interchange", conform(self.interchange, INTERCHANGE))
        known = no_extras() | {name: conform(frame, EXTRAS[name]) for name, frame in self.extras.items()}
        object.__setattr__(self, "extras", known)
        header = {
            name: conform(self.header[name], HEADER[name]) if name in self.header else empty(HEADER[name])
            for name in HEADER
        }
        object.__setattr__(self, "header", header)

    def only(self, members: pl.DataFrame) -> "Enrollment":
        """What belongs to the members named by column member_key; interchange and problems stay."""
        keys = members.select("member_key").unique()

        def theirs(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.join(keys, on="member_key", how="semi", maintain_order="left")

        extras = {name: theirs(frame) for name, frame in self.extras.items()}
        return Enrollment(
            theirs(self.members), theirs(self.coverages), self.interchange, self.problems, extras, self.header
        )
