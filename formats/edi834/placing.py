"""Where each segment of an 834 stands: its set, member, coverage and loop, by the loop-opening segments before it."""

import polars as pl

from formats.edi834.segments import SEPARATOR

OUTSIDE, MEMBER, NAME, OTHER_NAME, DISABILITY = 0, 10, 11, 12, 13
COVERAGE, PROVIDER, OTHER_INSURANCE, INSURER, REPORTING, CLOSED = 20, 21, 22, 23, 30, 31
LOOPS = {
    OUTSIDE: "", MEMBER: "2000", NAME: "2100A", OTHER_NAME: "2100", DISABILITY: "2200", COVERAGE: "2300",
    PROVIDER: "2310", OTHER_INSURANCE: "2320", INSURER: "2330", REPORTING: "2700", CLOSED: "2000",
}  # fmt: skip
_MAJOR = {
    "ISA": OUTSIDE, "GS": OUTSIDE, "ST": OUTSIDE, "SE": OUTSIDE, "GE": OUTSIDE, "IEA": OUTSIDE, "INS": MEMBER,
    "DSB": DISABILITY, "HD": COVERAGE, "LX": PROVIDER, "COB": OTHER_INSURANCE, "LS": CLOSED, "LE": CLOSED,
}  # fmt: skip


def placed(segments: pl.DataFrame, set_no: int = 0, *, in_834: bool = True) -> pl.DataFrame:
    """Add set_no, in_834, loop, member (position of its INS), coverage (of its HD) and node (of its loop's opener).

    Args:
        segments: SEGMENTS in order.
        set_no: the number of the set before the first segment.
        in_834: whether that set is an 834; what stands in no set is taken as one, so that a lost ST loses no member.
    """
    name, text = pl.col("id"), pl.col("text")
    is_834 = (
        pl.when(name == "ST")
        .then(text.str.slice(2, 4) == f"{SEPARATOR}834")
        .when(name.is_in(["SE", "GE", "IEA", "ISA"]))
        .then(pl.lit(value=True))
    )
    located = segments.with_columns(
        ((name == "ST").cast(pl.Int64).cum_sum() + set_no).alias("set_no"),
        name.replace_strict(_MAJOR, default=None, return_dtype=pl.Int8).alias("_major"),
        is_834.forward_fill().fill_null(value=in_834).alias("in_834"),
    )
    located = located.with_columns(_opened(located))
    loop, position = pl.col("loop"), pl.col("position")
    # A set's end, and anything outside a set, belongs to no member.
    starts = pl.when((name == "INS") & pl.col("in_834")).then(position)
    member = pl.coalesce(pl.when(pl.col("_major") == OUTSIDE).then(pl.lit(-1, pl.Int64)), starts).forward_fill()
    coverage = (
        pl.when(name == "HD")
        .then(position)
        .when((name == "INS") | (name == "LS"))
        .then(pl.lit(-1, pl.Int64))
        .forward_fill()
    )
    node = pl.when(pl.col("_opens")).then(position).forward_fill()
    located = located.with_columns(
        loop.forward_fill().fill_null(OUTSIDE),
        pl.when(member > 0).then(member).alias("member"),
        coverage.alias("coverage"),
        node.alias("node"),
    )
    held = (pl.col("coverage") > 0) & pl.col("member").is_not_null()
    return located.with_columns(pl.when(held).then("coverage").alias("coverage")).drop("_major", "_opens")


def _opened(located: pl.DataFrame) -> list[pl.Expr]:
    """`loop` where one opens, else null; `_opens`."""
    name, text, major = pl.col("id"), pl.col("text"), pl.col("_major")
    seen = set(located["id"].unique())
    loop: pl.Expr = major
    if "LS" in seen:  # between LS and LE an LX opens a reporting category, not a provider
        area = pl.when(name == "LS").then(1).when(major.is_not_null() & (major != PROVIDER)).then(0).forward_fill()
        loop = pl.when((major == PROVIDER) & (area == 1)).then(pl.lit(REPORTING, pl.Int8)).otherwise(loop)
    person = text.str.starts_with(f"NM1{SEPARATOR}IL") | text.str.starts_with(f"NM1{SEPARATOR}74")
    context = loop.forward_fill()
    within = [
        pl.when(context.is_in([MEMBER, DISABILITY, CLOSED])).then(
            pl.when(person).then(pl.lit(NAME, pl.Int8)).otherwise(pl.lit(OTHER_NAME, pl.Int8))
        ),
        pl.when(context == COVERAGE).then(pl.lit(PROVIDER, pl.Int8)),  # an LX was forgotten
        pl.when(context == OTHER_INSURANCE).then(pl.lit(INSURER, pl.Int8)),
    ]
    loop = pl.when(name == "NM1").then(pl.coalesce(within)).otherwise(loop)
    return [loop.alias("loop"), loop.is_not_null().alias("_opens")]
