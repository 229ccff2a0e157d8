"""Writing an 834: segments are string columns, joined per member and per set; nothing runs row by row.

Same frames, profile and stamp: same bytes. Families stay whole; a file is split into transaction sets, and an
enrollment into files, by the partner's limits. Built in slices of whole sets, so that memory does not grow with the
file.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from formats.edi834.blocks import member_blocks
from formats.edi834.envelope import Marks, checked, group_open, interchange_open, segment, trailers
from formats.edi834.guide import rules_of
from formats.edi834.prepare import Arranged, Prepared
from formats.edi834.profile import OLD_VERSION, Profile, Stamp
from formats.edi834.profile_parts import Broker
from formats.edi834.schema import Enrollment
from formats.edi834.trace import positions
from formats.errors import FormatError
from formats.problems import ERROR

_SLICE = 20_000  # members built at once, unless one set is larger


def sets_needed(enrollment: Enrollment, profile: Profile) -> int:
    """How many transaction sets `write` will make: as many ST02 numbers must be allocated from the ledger."""
    return int(_set_of(Arranged(enrollment, profile).families, profile.max_members_per_set).n_unique())


def write(enrollment: Enrollment, profile: Profile, stamp: Stamp) -> bytes:
    """The enrollment as one 834 interchange with one group and as many sets as the profile's limit asks.

    Raises FormatError on what the guide forbids, naming rule, element and member key (never a value); use
    `bad_families` first to leave out the families that would make it refuse. Shapes: MEMBERS, COVERAGES, EXTRAS.
    """
    return b"".join(write_parts(enrollment, profile, stamp))


def write_with_positions(enrollment: Enrollment, profile: Profile, stamp: Stamp) -> tuple[bytes, pl.DataFrame]:
    """`write`, and where every member's segments stand (POSITIONS), to trace IK3/IK4 back to the record."""
    data = write(enrollment, profile, stamp)
    ordered = Arranged(enrollment, profile).part(0, enrollment.members.height).members
    return data, positions(data, ordered["member_key"])


def write_parts(enrollment: Enrollment, profile: Profile, stamp: Stamp) -> Iterator[bytes]:
    """`write` in parts, for a sink: memory stays flat however many members there are.

    Raises as `write` does, possibly after the first parts: what a sink holds then is no file and must be thrown away.
    """
    order = Arranged(enrollment, profile)
    if enrollment.members.is_empty():
        raise FormatError("834 cannot be written: there is no member", hint="send no file when nobody is covered")
    if enrollment.members["member_key"].is_duplicated().any():
        _refuse(order.part(0, enrollment.members.height), profile)
    sets = _set_of(order.families, profile.max_members_per_set)
    sizes = sets.rle().struct.field("len").to_list()
    control = checked(stamp, len(sizes), profile)
    yield (interchange_open(profile, stamp) + group_open(profile, stamp)).encode("ascii")
    first, row = 0, 0
    while first < len(sizes):
        last, size = first + 1, sizes[first]
        while last < len(sizes) and size + sizes[last] <= _SLICE:
            size, last = size + sizes[last], last + 1
        part = order.part(row, row + size)
        _refuse(part, profile)
        yield _sets(part, sets.slice(row, size), profile, stamp, control)
        first, row = last, row + size
    yield trailers(Marks.of(profile), len(sizes), stamp.group_control, stamp.interchange_control).encode("ascii")


def in_files(enrollment: Enrollment, profile: Profile) -> list[Enrollment]:
    """The enrollment as one per file: as many whole families as the partner takes in a file, in file order."""
    if profile.max_members_per_file is None or enrollment.members.height <= profile.max_members_per_file:
        return [enrollment]
    order = Arranged(enrollment, profile)
    files = _set_of(order.families, profile.max_members_per_file)
    keys = order.part(0, enrollment.members.height).members.select("member_key").with_columns(files.alias("file"))
    return [enrollment.only(mine.select("member_key")) for mine in keys.partition_by("file", maintain_order=True)]


def _refuse(part: Prepared, profile: Profile) -> None:
    for name, frame in part.frames().items():
        rules = [rule for rule in rules_of(name, frame, profile) if rule.severity == ERROR]
        if not rules:
            continue
        broken = frame.select(rule.when.fill_null(value=False).sum().alias(str(i)) for i, rule in enumerate(rules))
        for rule, count in zip(rules, broken.row(0), strict=True):
            if count:
                key = frame.filter(rule.when)["member_key"].head(1).item()
                raise FormatError(
                    f"834 cannot be written: {rule.message}",
                    where=f"rule {rule.id}, element {rule.element}, member {key}, {count} in all",
                    hint=rule.hint,
                )


def _set_of(families: pl.Series, limit: int) -> pl.Series:
    """The 0-based set of each member row: as many whole families as fit under the limit, at least one."""
    ends = families.rle().struct.field("len").cum_sum().to_numpy()
    numbers = np.zeros(len(ends), dtype=np.int64)
    start, base, number = 0, 0, 0
    while start < len(ends):
        stop = max(int(np.searchsorted(ends, base + limit, side="right")), start + 1)
        numbers[start:stop] = number
        start, base, number = stop, int(ends[stop - 1]), number + 1
    return pl.Series("set", numbers).gather(families)


def _sets(part: Prepared, sets: pl.Series, profile: Profile, stamp: Stamp, first_control: int) -> bytes:
    """The sets of one slice as bytes."""
    numbered = Prepared(part.members.with_columns(sets), part.coverages, part.extras)
    grouped = (
        member_blocks(numbered, profile)
        .group_by("set", maintain_order=True)
        .agg(
            pl.col("block").str.join(""),
            pl.col("count").sum(),
            pl.len().alias("total"),
            pl.col("is_subscriber").sum().cast(pl.Int64).alias("subscribers"),
        )
    )
    out: list[str] = []
    for row in grouped.iter_rows(named=True):
        control = f"{first_control + row['set']:04d}"
        header = _header(profile, stamp, control, row["total"], row["subscribers"])
        out += header
        out += [row["block"], segment(Marks.of(profile), "SE", len(header) + row["count"] + 1, control)]
    return "".join(out).encode("ascii")


def _header(profile: Profile, stamp: Stamp, control: str, total: int, subscribers: int) -> list[str]:
    marks = Marks.of(profile)
    created = (f"{stamp.created:%Y%m%d}", f"{stamp.created:%H%M}")
    purpose = ("22" if stamp.copy else "15") if stamp.original_reference else "00"
    zone, original = profile.time_zone or "", stamp.original_reference or ""
    old = profile.version == OLD_VERSION
    lines = [
        segment(marks, "ST", "834", control, "" if old else profile.version),
        segment(marks, "BGN", purpose, stamp.reference, *created, zone, original, "", profile.action),
    ]
    if profile.master_policy:
        lines.append(segment(marks, "REF", "38", profile.master_policy))
    dates = [("007", stamp.effective)] if stamp.effective else []
    lines += [segment(marks, "DTP", kind, "D8", f"{day:%Y%m%d}") for kind, day in [*dates, *stamp.dates]]
    if profile.totals and not old:
        counts = (("TO", total), ("ET", subscribers), ("DT", total - subscribers))
        lines += [segment(marks, "QTY", kind, number) for kind, number in counts]
    for role, party in (("P5", profile.sponsor), ("IN", profile.payer)):
        lines.append(segment(marks, "N1", role, party.name, party.qualifier, party.id))
    for broker in (profile.broker, profile.administrator):
        lines += _broker(marks, broker) if broker else []
    return [profile.cased(line) for line in lines]


def _broker(marks: Marks, broker: Broker) -> list[str]:
    lines = [segment(marks, "N1", broker.role, broker.name, broker.qualifier, broker.id)]
    if broker.account:
        lines.append(segment(marks, "ACT", broker.account, "", "", "", "", broker.account2 or ""))
    return lines
