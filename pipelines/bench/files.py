"""`bench nacha` and `bench edi834`: writing, reading and checking large files beside a plain copy of their bytes."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import polars as pl

from formats import edi834, nacha
from formats.errors import GuardError
from formats.nacha import ENTRIES, Nacha
from pipelines.bench.edi834_diff import diff
from pipelines.bench.measure import Bench, Rounds, copying, copying_file

DAY = dt.date(2026, 11, 2)
YARDSTICK = "copy of the same bytes, file to file"
IN_BATCH = 500_000  # a batch control can count 999,999 records
LARGE, ROUNDS, SMALL_ROUNDS = 100_000, 3, 15  # a small file is over too soon for a few rounds to tell


def ach_file(entries: int) -> Nacha:
    """A file of PPD debits from checking and savings accounts at many banks, computed from row numbers."""
    number = pl.int_range(entries, dtype=pl.Int64)
    rows = pl.select(
        entry=number,
        batch=number // IN_BATCH,
        transaction_code=pl.when(number % 4 == 3).then(37).otherwise(27).cast(pl.Int64),
        rdfi=(number * 7 % 997 + 1_100_001).cast(pl.String).str.zfill(8),
        account=(number * 7919 % 10_000_000_000).cast(pl.String).str.zfill(10),
        amount_cents=number * 31 % 90_000 + 1_000,
        individual_id=number.cast(pl.String),
        name=pl.lit("MEMBER ") + number.cast(pl.String),
        trace_number=pl.lit("01100099") + (number + 1).cast(pl.String).str.zfill(7),
    )
    file = nacha.file_frame(
        destination="011000992",
        origin="1123456789",
        creation_date=DAY,
        creation_time="0100",
        destination_name="FIRST HARBOR BANK",
        origin_name="DAYBOOK",
    )
    batches = pl.select(batch=pl.int_range(-(-entries // IN_BATCH), dtype=pl.Int64)).with_columns(
        file=pl.lit(0, pl.Int64),
        company_name=pl.lit("HARBOR PLANS"),
        company_id=pl.lit("1123456789"),
        sec=pl.lit("PPD"),
        entry_description=pl.lit("PREMIUM"),
        effective_entry_date=pl.lit(DAY + dt.timedelta(days=1)),
        odfi=pl.lit("01100099"),
    )
    return Nacha(file, nacha.shaped(batches, nacha.BATCHES), nacha.shaped(rows, ENTRIES))


def bench_nacha(entries: int) -> Bench:
    """Entries per second of `write`, `read` and `read+check`."""
    out, made = Bench("nacha", entries), ach_file(entries)
    data = nacha.write(made)
    with copying(data) as copy:
        measure = Rounds(ROUNDS if entries >= LARGE else SMALL_ROUNDS, entries, YARDSTICK, copy)
        out.steps.append(measure.step("write", partial(nacha.write, made)))
        del made  # it is no part of what reading holds
        out.steps.append(measure.step("read", partial(nacha.read, data)))
        out.steps.append(measure.step("read+check", partial(_clean, data)))
    out.peak_rss_mb = max(step.peak_rss_mb or 0 for step in out.steps)
    return out


def _clean(data: bytes) -> None:
    """Read and check; a file that was written must have nothing to say about it."""
    found = nacha.read(data)
    if found.problems.height or nacha.check(found).height:
        raise GuardError("the file of the benchmark has problems", hint="see them with `daybook inspect`")


def enrollment(members: int) -> edi834.Enrollment:
    """Subscribers alone, with a medical and a dental coverage each, computed from row numbers."""
    number = pl.int_range(members, dtype=pl.Int64)
    key = pl.lit("M") + number.cast(pl.String).str.zfill(8)
    people = pl.select(
        member_key=key, subscriber_key=key, subscriber_id=key, is_subscriber=pl.lit(value=True),
        relationship=pl.lit("18"), eligibility_begin=pl.lit(DAY), last_name=pl.lit("SAMPLE"), first_name=pl.lit("ANN"),
        address1=pl.lit("2 HILL RD"), city=pl.lit("PORTLAND"), state=pl.lit("ME"), zip=pl.lit("04101"),
        birth_date=pl.lit(dt.date(1980, 5, 17)), gender=pl.lit("F"), policy_number=pl.lit("G100"),
    )  # fmt: skip
    coverages = pl.concat(
        pl.select(member_key=key, line=pl.lit(line), plan_code=pl.lit(plan), tier=pl.lit("EMP"), begin=pl.lit(DAY))
        for line, plan in (("HLT", "EG100"), ("DEN", "BS200"))
    )
    return edi834.Enrollment(members=people, coverages=coverages)


PROFILE = edi834.Profile(
    name="bench",
    sender_id="DAYBOOK",
    receiver_id="EVERGREEN",
    sponsor=edi834.Party(name="HARBOR PLANS", id="123456789"),
    payer=edi834.Party(name="EVERGREEN HEALTH", id="987654321"),
    member_identifier="none",
)


def bench_edi834(members: int) -> Bench:
    """Members per second of `write`, in parts to a file as a large one is made, of `read`, and of `diff`."""
    out, made = Bench("edi834", members), enrollment(members)
    stamp = edi834.Stamp(1, 1, 1, "BENCH", dt.datetime(2026, 11, 2, 1, 0))  # noqa: DTZ001 - a file's own local time
    with copying_file() as (path, copy):
        _write_834(made, stamp, path)
        measure = Rounds(ROUNDS if members <= LARGE else 1, members, YARDSTICK, copy)
        out.steps.append(measure.step("write", partial(_write_834, made, stamp, path)))
        del made
        out.steps.append(measure.step("read", partial(_read_834, path, members)))
        out.steps.append(measure.step("diff", diff(members)))
    out.peak_rss_mb = max(step.peak_rss_mb or 0 for step in out.steps)
    return out


def _write_834(made: edi834.Enrollment, stamp: edi834.Stamp, path: Path) -> None:
    with path.open("wb") as sink:
        sink.writelines(edi834.write_parts(made, PROFILE, stamp))


def _read_834(path: Path, members: int) -> None:
    """Read; a file that was written must have all its members and nothing to say about them."""
    found = edi834.read(path.read_bytes())
    if found.problems.height or found.members.height != members:
        raise GuardError("the file of the benchmark has problems", hint="see them with `daybook inspect`")
