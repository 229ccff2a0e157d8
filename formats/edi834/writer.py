"""Writing an 834: segments are string columns, joined per member and per set; nothing runs row by row.

Same frames, profile and stamp: same bytes. Families stay whole; a file is split into transaction sets by the
partner's limit. Built in slices of whole sets so that memory does not grow with the file.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from formats.edi834.envelope import Marks, checked, group_open, interchange_open, segment, trailers
from formats.edi834.guide import coverage_rules, member_rules
from formats.edi834.prepare import Prepared, prepare, sent_end
from formats.edi834.profile import VERSION, Profile, Stamp
from formats.edi834.schema import POSITIONS, Enrollment, conform, empty
from formats.errors import FormatError

_SLICE = 20_000  # members built at once, unless one set is larger
MEMBER_SLOTS = {  # segment column -> (segment, loop, main field)
    "s_ins": ("INS", "2000", "relationship"),
    "s_0f": ("REF", "2000", "subscriber_id"),
    "s_1l": ("REF", "2000", "policy_number"),
    "s_356": ("DTP", "2000", "eligibility_begin"),
    "s_357": ("DTP", "2000", "eligibility_end"),
    "s_nm1": ("NM1", "2100A", "last_name"),
    "s_per": ("PER", "2100A", "phone"),
    "s_n3": ("N3", "2100A", "address1"),
    "s_n4": ("N4", "2100A", "city"),
    "s_dmg": ("DMG", "2100A", "birth_date"),
}
COVERAGE_SLOTS = {
    "c_hd": ("HD", "2300", "line"),
    "c_348": ("DTP", "2300", "begin"),
    "c_349": ("DTP", "2300", "end"),
    "c_amt": ("AMT", "2300", "premium_cents"),
    "c_1l": ("REF", "2300", "policy_number"),
}


def sets_needed(enrollment: Enrollment, profile: Profile) -> int:
    """How many transaction sets `write` will make: as many ST02 numbers must be allocated from the ledger."""
    return int(_set_of(prepare(enrollment, profile).members, profile).n_unique())


def write(enrollment: Enrollment, profile: Profile, stamp: Stamp) -> bytes:
    """The enrollment as one 834 interchange with one group and as many sets as the profile's limit asks.

    Raises FormatError on what the guide forbids, naming rule, element and member key (never a value); use
    `bad_families` first to leave out the families that would make it refuse. Shapes: MEMBERS, COVERAGES.
    """
    return b"".join(part for part, _ in _parts(enrollment, profile, stamp, positions=False))


def write_with_positions(enrollment: Enrollment, profile: Profile, stamp: Stamp) -> tuple[bytes, pl.DataFrame]:
    """`write`, and where every member's segments stand (POSITIONS), to trace IK3/IK4 back to the record."""
    parts, places = [], [empty(POSITIONS)]
    for part, place in _parts(enrollment, profile, stamp, positions=True):
        parts.append(part)
        if place is not None:
            places.append(place)
    return b"".join(parts), pl.concat(places).sort("set_control", "position")


def _refuse(frame: pl.DataFrame, profile: Profile, which: str) -> None:
    rules = member_rules(profile) if which == "members" else coverage_rules(profile)
    broken = frame.select(rule.when.fill_null(value=False).sum().alias(str(i)) for i, rule in enumerate(rules))
    for rule, count in zip(rules, broken.row(0), strict=True):
        if count:
            key = frame.filter(rule.when)["member_key"].head(1).item()
            raise FormatError(
                f"834 cannot be written: {rule.message}",
                where=f"rule {rule.id}, element {rule.element}, member {key}, {count} in all",
                hint=rule.hint,
            )


def _set_of(members: pl.DataFrame, profile: Profile) -> pl.Series:
    """The 0-based set of each member row: as many whole families as fit under the limit, at least one."""
    ends = members.group_by("family_row", maintain_order=True).len()["len"].cum_sum().to_numpy()
    numbers = np.zeros(len(ends), dtype=np.int64)
    start, base, number = 0, 0, 0
    while start < len(ends):
        stop = max(int(np.searchsorted(ends, base + profile.max_members_per_set, side="right")), start + 1)
        numbers[start:stop] = number
        start, base, number = stop, int(ends[stop - 1]), number + 1
    return pl.Series("set", numbers).gather(members["family_row"])


def _parts(
    enrollment: Enrollment, profile: Profile, stamp: Stamp, *, positions: bool
) -> Iterator[tuple[bytes, pl.DataFrame | None]]:
    ready = prepare(enrollment, profile)
    if ready.members.is_empty():
        raise FormatError("834 cannot be written: there is no member", hint="send no file when nobody is covered")
    _refuse(ready.members, profile, "members")
    _refuse(ready.coverages, profile, "coverages")
    members = ready.members.with_columns(_set_of(ready.members, profile).alias("set"))
    count = int(members["set"].max()) + 1  # type: ignore[arg-type]  # not empty, so an integer
    marks = Marks.of(profile)
    control = checked(stamp, count, profile)
    yield (interchange_open(profile, stamp) + group_open(profile, stamp)).encode("ascii"), None
    sizes = members.group_by("set", maintain_order=True).len()["len"].to_list()
    first, row = 0, 0
    while first < count:
        last, size = first + 1, sizes[first]
        while last < count and size + sizes[last] <= _SLICE:
            size, last = size + sizes[last], last + 1
        part = Prepared(members.slice(row, size), ready.coverages.filter(pl.col("row").is_between(row, row + size - 1)))
        yield _sets(part, profile, stamp, control, positions=positions)
        first, row = last, row + size
    yield trailers(marks, count, stamp.group_control, stamp.interchange_control).encode("ascii"), None


def _sets(
    part: Prepared, profile: Profile, stamp: Stamp, first_control: int, *, positions: bool
) -> tuple[bytes, pl.DataFrame | None]:
    """The sets of one slice as bytes, with the positions of their members' segments when asked."""
    coverages = _coverage_segments(part.coverages, profile)
    members = _member_segments(part.members, profile)
    blocks = (
        members.select(
            "row", "set", "member_key", "is_subscriber", *MEMBER_SLOTS, _joined(MEMBER_SLOTS), _counted(MEMBER_SLOTS)
        )
        .join(
            coverages.group_by("row").agg(pl.col("block").str.join("").alias("hd"), pl.col("count").sum().alias("n")),
            on="row",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.concat_str("block", pl.col("hd").fill_null("")),
            (pl.col("count") + pl.col("n").fill_null(0)).alias("size"),
        )
    )
    sets = blocks.group_by("set", maintain_order=True).agg(
        pl.col("block").str.join(""),
        pl.col("size").sum(),
        pl.len().alias("total"),
        pl.col("is_subscriber").sum().cast(pl.Int64).alias("subscribers"),
    )
    out, heads = [], []
    for row in sets.iter_rows(named=True):
        control = f"{first_control + row['set']:04d}"
        header = _header(profile, stamp, control, row["total"], row["subscribers"])
        heads.append((row["set"], control, len(header)))
        out += header
        out += [row["block"], segment(Marks.of(profile), "SE", len(header) + row["size"] + 1, control)]
    data = "".join(out).encode("ascii")
    return data, _positions(blocks, coverages, heads) if positions else None


def _header(profile: Profile, stamp: Stamp, control: str, total: int, subscribers: int) -> list[str]:
    marks = Marks.of(profile)
    created = (f"{stamp.created:%Y%m%d}", f"{stamp.created:%H%M}")
    purpose = "15" if stamp.original_reference else "00"
    zone, original = profile.time_zone or "", stamp.original_reference or ""
    lines = [
        segment(marks, "ST", "834", control, VERSION),
        segment(marks, "BGN", purpose, stamp.reference, *created, zone, original, "", profile.action),
    ]
    if profile.master_policy:
        lines.append(segment(marks, "REF", "38", profile.master_policy))
    if stamp.effective:
        lines.append(segment(marks, "DTP", "007", "D8", f"{stamp.effective:%Y%m%d}"))
    counts = (("TO", total), ("ET", subscribers), ("DT", total - subscribers))
    lines += [segment(marks, "QTY", kind, number) for kind, number in counts]
    for role, party in (("P5", profile.sponsor), ("IN", profile.payer)):
        lines.append(segment(marks, "N1", role, party.name, party.qualifier, party.id))
    if broker := profile.broker:
        lines.append(segment(marks, "N1", broker.role, broker.name, broker.qualifier, broker.id))
        if broker.account:
            lines.append(segment(marks, "ACT", broker.account))
    return [profile.cased(line) for line in lines]


def _segment(profile: Profile, name: str, *elements: pl.Expr | str) -> pl.Expr:
    """A segment as a string column: nulls are empty elements, trailing empty elements are left off."""
    parts = [pl.lit(e) if isinstance(e, str) else e.fill_null("") for e in elements]
    body = pl.concat_str(pl.lit(name), *parts, separator=profile.element)
    if not isinstance(elements[-1], str):
        body = body.str.strip_chars_end(profile.element)
    return body + profile.segment_end


def _day(column: pl.Expr) -> pl.Expr:
    return column.dt.strftime("%Y%m%d")


def _when(column: str, text: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(text)


def _member_segments(members: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    def seg(name: str, *elements: pl.Expr | str) -> pl.Expr:
        return _segment(profile, name, *elements)

    def col(name: str) -> pl.Expr:
        return pl.col(name)

    begin, end = _day(col("eligibility_begin")), _day(sent_end("eligibility_end", profile.end_date))
    yes = pl.when("is_subscriber").then(pl.lit("Y")).otherwise(pl.lit("N"))
    changes = [col(c) for c in ("maintenance_type", "maintenance_reason", "benefit_status")]
    names = [col(c) for c in ("last_name", "first_name", "middle_name")]
    kind = _when("who", pl.lit("34" if profile.member_identifier == "ssn" else "ZZ"))
    calls = [_when("phone", pl.lit("TE")), col("phone"), _when("email", pl.lit("EM")), col("email")]
    mail = [pl.lit("EM"), col("email")]
    place = pl.any_horizontal(pl.col("city", "state", "zip").is_not_null())
    return members.with_columns(
        seg("INS", yes, col("relationship"), *changes, "", "", col("employment_status")).alias("s_ins"),
        seg("REF", "0F", col("whose")).alias("s_0f"),
        _when("policy_number", seg("REF", "1L", col("policy_number"))).alias("s_1l"),
        _when("eligibility_begin", seg("DTP", "356", "D8", begin)).alias("s_356"),
        _when("eligibility_end", seg("DTP", "357", "D8", end)).alias("s_357"),
        seg("NM1", "IL", "1", *names, "", col("name_suffix"), kind, col("who")).alias("s_nm1"),
        pl.when(col("phone").is_not_null())
        .then(seg("PER", "IP", "", *calls))
        .when(col("email").is_not_null())
        .then(seg("PER", "IP", "", *mail))
        .alias("s_per"),
        _when("address1", seg("N3", col("address1"), col("address2"))).alias("s_n3"),
        pl.when(place).then(seg("N4", col("city"), col("state"), col("zip"))).alias("s_n4"),
        _when("birth_date", seg("DMG", "D8", _day(col("birth_date")), col("gender"), col("marital_status"))).alias(
            "s_dmg"
        ),
    )


def _coverage_segments(coverages: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    def seg(name: str, *elements: pl.Expr | str) -> pl.Expr:
        return _segment(profile, name, *elements)

    cents = pl.col("premium_cents")
    amount = pl.concat_str((cents // 100).cast(pl.String), pl.lit("."), (cents % 100).cast(pl.String).str.zfill(2))
    end = _day(sent_end("end", profile.end_date))
    plan = (pl.col("maintenance_type"), "", pl.col("line"), pl.col("plan_code"), pl.col("sent_tier"))
    made = coverages.with_columns(
        seg("HD", *plan).alias("c_hd"),
        _when("begin", seg("DTP", "348", "D8", _day(pl.col("begin")))).alias("c_348"),
        _when("end", seg("DTP", "349", "D8", end)).alias("c_349"),
        _when("premium_cents", seg("AMT", "P3", amount)).alias("c_amt"),
        _when("policy_number", seg("REF", "1L", pl.col("policy_number"))).alias("c_1l"),
    )
    return made.with_columns(_joined(COVERAGE_SLOTS), _counted(COVERAGE_SLOTS))


def _joined(slots: dict[str, tuple[str, str, str]]) -> pl.Expr:
    return pl.concat_str(*slots, ignore_nulls=True).alias("block")


def _counted(slots: dict[str, tuple[str, str, str]]) -> pl.Expr:
    return pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int64) for c in slots).alias("count")


def _positions(blocks: pl.DataFrame, coverages: pl.DataFrame, heads: list[tuple[int, str, int]]) -> pl.DataFrame:
    """Positions of all member and coverage segments of a slice; shape POSITIONS."""
    head = pl.DataFrame(heads, schema={"set": pl.Int64, "set_control": pl.String, "header": pl.Int64}, orient="row")
    starts = blocks.join(head, on="set", how="left", maintain_order="left").with_columns(
        (pl.col("header") + pl.col("size").cum_sum().over("set") - pl.col("size")).alias("start")
    )
    own = _spread(starts.with_columns(pl.lit(None, pl.String).alias("line")), MEMBER_SLOTS)
    before = (pl.col("count").cum_sum() - pl.col("count")).over("row")
    base = starts.select(
        "row", "set_control", (pl.col("start") + pl.col("count")).alias("base")
    )  # a member's coverages follow the member's own segments
    held = coverages.join(base, on="row", how="inner", maintain_order="left").with_columns(
        (pl.col("base") + before).alias("start")
    )
    return pl.concat([own, _spread(held, COVERAGE_SLOTS)])


def _spread(frame: pl.DataFrame, slots: dict[str, tuple[str, str, str]]) -> pl.DataFrame:
    """One row per segment that was written, from one column per segment that may be."""
    parts, before = [], pl.lit(0, pl.Int64)
    for column, (name, loop, main) in slots.items():
        there = pl.col(column).is_not_null()
        parts.append(
            frame.filter(there).select(
                "set_control", (pl.col("start") + before + 1).alias("position"), "member_key",
                pl.lit(name).alias("segment"), pl.lit(loop).alias("loop"), "line", pl.lit(main).alias("field"),
            )
        )  # fmt: skip
        before = before + there.cast(pl.Int64)
    return conform(pl.concat(parts), POSITIONS)
