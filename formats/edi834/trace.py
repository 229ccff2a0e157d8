"""From a partner's IK3/IK4 back to the member and the column of the record it complains about."""

import polars as pl

from formats.edi834.profile import Profile
from formats.edi834.schema import ACK_ERRORS, POSITIONS, conform

# (segment, loop, element) -> column of MEMBERS or COVERAGES, where it differs from the segment's main column.
_ELEMENT_FIELDS = [
    ("INS", "2000", 1, "is_subscriber"), ("INS", "2000", 3, "maintenance_type"),
    ("INS", "2000", 4, "maintenance_reason"), ("INS", "2000", 5, "benefit_status"),
    ("INS", "2000", 8, "employment_status"), ("NM1", "2100A", 4, "first_name"), ("NM1", "2100A", 5, "middle_name"),
    ("NM1", "2100A", 7, "name_suffix"), ("NM1", "2100A", 8, "identifier"), ("NM1", "2100A", 9, "identifier"),
    ("PER", "2100A", 6, "email"), ("N3", "2100A", 2, "address2"), ("N4", "2100A", 2, "state"),
    ("N4", "2100A", 3, "zip"), ("DMG", "2100A", 3, "gender"), ("DMG", "2100A", 4, "marital_status"),
    ("HD", "2300", 1, "maintenance_type"), ("HD", "2300", 4, "plan_code"), ("HD", "2300", 5, "tier"),
]  # fmt: skip


def locate(errors: pl.DataFrame, positions: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """The errors (ACK_ERRORS) with member_key, line and field of what was written there (POSITIONS).

    All three are null for a header segment, or a position that nothing of ours has.
    """
    table = pl.DataFrame(
        _ELEMENT_FIELDS,
        schema={"written": pl.String, "written_loop": pl.String, "element": pl.Int64, "_exact": pl.String},
        orient="row",
    )
    known = conform(positions, POSITIONS).select(
        "set_control",
        pl.col("position").alias("segment_position"),
        "member_key",
        "line",
        pl.col("segment").alias("written"),
        pl.col("loop").alias("written_loop"),
        "field",
    )
    found = conform(errors, ACK_ERRORS).join(
        known, on=["set_control", "segment_position"], how="left", maintain_order="left"
    )
    table = table.with_columns(pl.col("_exact").replace("identifier", profile.member_identifier))
    found = found.join(table, on=["written", "written_loop", "element"], how="left", maintain_order="left")
    return found.with_columns(pl.coalesce("_exact", "field").alias("field")).drop("_exact", "written", "written_loop")
