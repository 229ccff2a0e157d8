"""Which ended coverages a partner still gets: told once, for a while, or left out. Pure."""

import datetime as dt

import polars as pl

from formats.edi834.codes import ENDED
from formats.edi834.profile import Profile
from formats.edi834.schema import COVERAGES, Enrollment

TOLD = {name: COVERAGES[name] for name in ("member_key", "line", "plan_code", "end")}


def still_told(
    enrollment: Enrollment, profile: Profile, as_of: dt.date, told: pl.DataFrame | None = None
) -> Enrollment:
    """The enrollment without the ended coverages that the partner's termination policy keeps out of a file.

    A coverage has ended when its end (the first day not covered) is not after `as_of`, or its type says so. A member
    of whose coverages none is left goes too; one who had none stays.

    Args:
        enrollment: what the file would hold.
        profile: `termination`: `once` leaves out what is in `told`; `window` what ended more than `days` before
            `as_of`; `omission` everything that has ended.
        as_of: the business date.
        told: ended coverages the partner has acknowledged; columns of TOLD.
    """
    held = enrollment.coverages
    ended = (pl.col("end") <= as_of).fill_null(value=False) | pl.col("maintenance_type").is_in(ENDED)
    match profile.termination.policy:
        case "omission":
            out = held.filter(ended.fill_null(value=False))
        case "window":
            out = held.filter(ended & (pl.col("end") < as_of - dt.timedelta(days=profile.termination.days)))
        case "once":
            known = pl.DataFrame(schema=TOLD) if told is None else told.select(list(TOLD))
            mine = held.filter(ended.fill_null(value=False))
            out = mine.join(known, on=list(TOLD), how="semi", nulls_equal=True)
    if out.is_empty():
        return enrollment
    left = held.join(out, on=held.columns, how="anti", nulls_equal=True, maintain_order="left")
    gone = held.select("member_key").join(left, on="member_key", how="anti").unique()
    kept = enrollment.members.join(gone, on="member_key", how="anti", maintain_order="left")
    extras = {
        name: frame.join(
            out.filter(pl.col("coverage_key").is_not_null()), on="coverage_key", how="anti", maintain_order="left"
        )
        if "coverage_key" in frame.columns
        else frame
        for name, frame in enrollment.extras.items()
    }
    whole = Enrollment(enrollment.members, left, enrollment.interchange, enrollment.problems, extras, enrollment.header)
    return whole.only(kept)
