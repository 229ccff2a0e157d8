"""Reading an 834 of any maker: what is there becomes members and coverages, what is odd becomes problems.

Works on whole columns of segments: each segment is placed by the loop that the last loop-opening segment began
(INS, NM1, HD, LX, COB, LS ...), then each wanted segment is joined to its member or coverage.
"""

import polars as pl

from formats.edi834.headers import headers
from formats.edi834.prepare import our_end
from formats.edi834.profile import EndDate
from formats.edi834.schema import COVERAGES, INTERCHANGE, MEMBERS, Enrollment, conform, empty
from formats.edi834.segments import SEPARATOR, elements, split
from formats.problems import ERROR, WARNING, problems

# Loops a segment may stand in; those that are not read (2100B-H, 2200, 2310, 2320, 2700) share OTHER.
_MEMBER, _NAME, _COVERAGE, _OTHER, _OUTSIDE = 1, 2, 3, 4, 0
_OPENERS_OTHER = ["DSB", "LX", "COB", "LS", "LE", "N1"]


def read(data: bytes, *, end_date: EndDate = "last_day_covered") -> Enrollment:
    """Read every 834 set of the file. Never raises on content; problems name file segment and element.

    Returns INTERCHANGE (a row per set), MEMBERS, COVERAGES. Keys are made from the segment number of the INS
    (`seg8`), so they are stable for the same bytes and not personal; families are tied by REF*0F, or by order
    where it is missing. `end_date` says what the sender means by an end date; frames hold the first day not
    covered. Reads 5010 X220A1, X307 and 4010 alike: only segments common to them are taken.
    """
    parts = split(data)
    if parts.segments.is_empty():
        return Enrollment(empty(MEMBERS), empty(COVERAGES), empty(INTERCHANGE), problems(parts.problems))
    located = placed(parts.segments)
    interchange, envelope = headers(located)
    body = located.filter(pl.col("member").is_not_null())
    members, member_faults = _members(body, end_date)
    coverages, coverage_faults = _coverages(body, end_date)
    counted = members.group_by("set_no").len("members")
    interchange = interchange.drop("members", strict=False).join(counted, on="set_no", how="left")
    interchange = interchange.with_columns(pl.col("members").fill_null(0).cast(pl.Int64)).sort("set_no")
    found = pl.concat([problems(parts.problems), envelope, member_faults, coverage_faults])
    return Enrollment(members, coverages, interchange, found.sort("line", maintain_order=True, nulls_last=False))


def placed(segments: pl.DataFrame) -> pl.DataFrame:
    """Add set_no, in_834, loop, member (position of its INS) and coverage (position of its HD)."""
    name, text = pl.col("id"), pl.col("text")
    person = text.str.starts_with(f"NM1{SEPARATOR}IL") | text.str.starts_with(f"NM1{SEPARATOR}74")
    loop = (
        pl.when(name.is_in(["ISA", "GS", "ST", "SE", "GE", "IEA"]))
        .then(_OUTSIDE)
        .when(name == "INS")
        .then(_MEMBER)
        .when(name == "HD")
        .then(_COVERAGE)
        .when((name == "NM1") & person)
        .then(_NAME)
        .when((name == "NM1") | name.is_in(_OPENERS_OTHER))
        .then(_OTHER)
    )
    is_834 = pl.when(name.is_in(["ST", "ISA"])).then(text.str.starts_with(f"ST{SEPARATOR}834"))
    located = segments.with_columns(
        (name == "ST").cast(pl.Int64).cum_sum().alias("set_no"),
        loop.cast(pl.Int8).forward_fill().fill_null(_OUTSIDE).alias("loop"),
        is_834.forward_fill().fill_null(value=True).alias("in_834"),  # no ST: a fragment, taken as an 834
    )
    # A set's end, and anything outside a set, belongs to no member.
    starts = pl.when((name == "INS") & pl.col("in_834")).then(pl.col("position"))
    ends = pl.when(pl.col("loop") == _OUTSIDE).then(pl.lit(-1, pl.Int64))
    member = pl.coalesce(ends, starts).forward_fill()
    located = located.with_columns(pl.when(member > 0).then(member).alias("member"))
    opened = pl.when(name == "HD").then(pl.col("position")).when(name == "INS").then(pl.lit(-1, pl.Int64))
    held = opened.forward_fill()
    return located.with_columns(pl.when((held > 0) & pl.col("member").is_not_null()).then(held).alias("coverage"))


def _first(body: pl.DataFrame, name: str, loops: list[int], key: str, count: int) -> pl.DataFrame:
    """The elements of the named segments in the loops, with their member or coverage as `key`."""
    chosen = body.filter((pl.col("id") == name) & pl.col("loop").is_in(loops))
    return elements(chosen.select(pl.col(key).alias("key"), "position", "text"), count)


def _joined(base: pl.DataFrame, segments: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Join columns made from the first of the segments of each key."""
    one = segments.unique("key", keep="first", maintain_order=True)
    picked = one.select("key", *(e.alias(n) for n, e in columns.items()))
    return base.join(picked, on="key", how="left", maintain_order="left")


def _day(column: str) -> pl.Expr:
    return pl.col(column).str.slice(0, 8).str.to_date("%Y%m%d", strict=False)


def _members(body: pl.DataFrame, end_date: EndDate) -> tuple[pl.DataFrame, pl.DataFrame]:
    ins = elements(body.filter(pl.col("id") == "INS").select("set_no", "position", "text"), 8)
    frame = ins.select(
        "set_no",
        "position",
        pl.col("position").alias("key"),
        (pl.lit("seg") + pl.col("position").cast(pl.String)).alias("member_key"),
        (pl.col("e1") == "Y").fill_null(value=False).alias("is_subscriber"),
        pl.col("e2").alias("relationship"),
        pl.col("e3").alias("maintenance_type"),
        pl.col("e4").alias("maintenance_reason"),
        pl.col("e5").alias("benefit_status"),
        pl.col("e8").str.strip_chars().alias("employment_status"),
    )
    ref = _first(body, "REF", [_MEMBER], "member", 2)
    dtp = _first(body, "DTP", [_MEMBER], "member", 3)
    for segments, qualifier, column in (
        (ref, "0F", "subscriber_id"), (ref, "1L", "policy_number"),
        (dtp, "356", "eligibility_begin"), (dtp, "357", "eligibility_end"),
    ):  # fmt: skip
        value = pl.col("e2") if segments is ref else _day("e3")
        frame = _joined(frame, segments.filter(pl.col("e1") == qualifier), **{column: value})
    frame = frame.with_columns(our_end("eligibility_end", end_date))
    frame, demographics = _persons(frame, body)
    faults = pl.concat([_bad_dates(dtp, "DTP", "e3", 3), _bad_dates(demographics, "DMG", "e2", 2), _unknown(ins)])
    return conform(_families(frame), MEMBERS), faults


def _persons(frame: pl.DataFrame, body: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the columns of loop 2100A; return also the DMG segments."""
    nm1 = _first(body, "NM1", [_NAME], "member", 9)
    names = {"last_name": "e3", "first_name": "e4", "middle_name": "e5", "name_suffix": "e7"}
    frame = _joined(
        frame,
        nm1,
        **{column: pl.col(e) for column, e in names.items()},
        ssn=pl.when(pl.col("e8") == "34").then(pl.col("e9")),
        member_id=pl.when(pl.col("e8") == "ZZ").then(pl.col("e9")),
    )
    pairs = ((3, 4), (5, 6), (7, 8))

    def call(*kinds: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col(f"e{k}").is_in(kinds)).then(pl.col(f"e{v}")) for k, v in pairs)

    per = _first(body, "PER", [_NAME], "member", 8)
    frame = _joined(frame, per, phone=pl.coalesce(call("TE"), call("HP", "CP", "WP", "AP", "BN")), email=call("EM"))
    n3, n4 = _first(body, "N3", [_NAME], "member", 2), _first(body, "N4", [_NAME], "member", 3)
    frame = _joined(frame, n3, address1=pl.col("e1"), address2=pl.col("e2"))
    frame = _joined(frame, n4, city=pl.col("e1"), state=pl.col("e2"), zip=pl.col("e3"))
    dmg = _first(body, "DMG", [_NAME], "member", 4)
    return _joined(frame, dmg, birth_date=_day("e2"), gender=pl.col("e3"), marital_status=pl.col("e4")), dmg


def _families(frame: pl.DataFrame) -> pl.DataFrame:
    """Add subscriber_key: by REF*0F to its first subscriber, else the first member; by order without REF*0F."""
    by_id = (
        frame.filter(pl.col("subscriber_id").is_not_null())
        .sort(~pl.col("is_subscriber").fill_null(value=False), maintain_order=True)
        .unique("subscriber_id", keep="first", maintain_order=True)
        .select("subscriber_id", pl.col("member_key").alias("_by_id"))
    )
    ahead = pl.when("is_subscriber").then(pl.col("member_key")).forward_fill().over("set_no")
    return frame.join(by_id, on="subscriber_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("_by_id", ahead, "member_key").alias("subscriber_key")
    )


def _coverages(body: pl.DataFrame, end_date: EndDate) -> tuple[pl.DataFrame, pl.DataFrame]:
    hd = elements(body.filter(pl.col("id") == "HD").select("member", "position", "text"), 5)
    frame = hd.select(
        pl.col("position").alias("key"),
        "position",
        (pl.lit("seg") + pl.col("member").cast(pl.String)).alias("member_key"),
        pl.col("e1").alias("maintenance_type"),
        pl.col("e3").alias("line"),
        pl.col("e4").alias("plan_code"),
        pl.col("e5").alias("tier"),
    )
    dtp = _first(body, "DTP", [_COVERAGE], "coverage", 3)
    amt = _first(body, "AMT", [_COVERAGE], "coverage", 2).filter(pl.col("e1") == "P3")
    ref = _first(body, "REF", [_COVERAGE], "coverage", 2)
    frame = _joined(frame, dtp.filter(pl.col("e1") == "348"), begin=_day("e3"))
    frame = _joined(frame, dtp.filter(pl.col("e1") == "349"), end=_day("e3"))
    plain = pl.col("e2").str.contains(r"^-?\d{1,13}(\.\d{0,2}0*)?$|^-?\.\d{1,2}0*$")
    cents = (pl.when(plain).then(pl.col("e2")).cast(pl.Decimal(18, 2), strict=False) * 100).cast(pl.Int64)
    frame = _joined(frame, amt, premium_cents=cents)
    frame = _joined(frame, ref.filter(pl.col("e1") == "1L"), policy_number=pl.col("e2"))
    frame = frame.with_columns(our_end("end", end_date))
    amounts = amt.filter(~plain.fill_null(value=False))
    faults = _faults(amounts, "edi834.read.amount", 2, "AMT02 is not an amount of dollars and cents", "It was left out")
    return conform(frame, COVERAGES), pl.concat([faults, _bad_dates(dtp, "DTP", "e3", 3)])


def _bad_dates(segments: pl.DataFrame, name: str, column: str, number: int) -> pl.DataFrame:
    bad = segments.filter(pl.col(column).is_not_null() & _day(column).is_null())
    words = f"{name}{number:02d} is not a date of the form CCYYMMDD"
    return _faults(bad, "edi834.read.date", number, words, "It was left out; ask the sender to correct it")


def _unknown(ins: pl.DataFrame) -> pl.DataFrame:
    bad = ins.filter(~pl.col("e1").is_in(["Y", "N"]) | pl.col("e1").is_null())
    words = "INS01 says neither Y (subscriber) nor N (dependent)"
    return _faults(bad, "edi834.read.ins01", 1, words, "The member was taken as a dependent")


def _faults(rows: pl.DataFrame, rule: str, column: int, message: str, hint: str) -> pl.DataFrame:
    severity = ERROR if rule != "edi834.read.ins01" else WARNING
    return rows.select(
        pl.lit(rule).alias("rule"),
        pl.lit(severity).alias("severity"),
        pl.col("position").alias("line"),
        pl.lit(column, pl.Int64).alias("column"),
        pl.lit(message).alias("message"),
        pl.lit(hint).alias("hint"),
    )
