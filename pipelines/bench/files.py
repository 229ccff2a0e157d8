"""`bench nacha` and `bench edi834`: writing, reading and checking large files beside a plain copy of their bytes."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import polars as pl

from formats import edi834, nacha
from formats.nacha import ENTRIES, Nacha
from pipelines.bench.measure import Bench, Step, copy_seconds, peak_rss_mb, timed

DAY = dt.date(2026, 11, 2)
YARDSTICK = "copy of the same bytes, file to file"


def ach_file(entries: int) -> Nacha:
    """A file of PPD debits in one batch, computed from row numbers."""
    number = pl.int_range(entries, dtype=pl.Int64)
    rows = pl.select(
        entry=number,
        batch=pl.lit(0, pl.Int64),
        sec=pl.lit("PPD"),
        transaction_code=pl.lit(27, pl.Int64),
        rdfi=pl.lit("01100001"),
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
    batches = pl.DataFrame(
        {"batch": [0], "file": [0], "service_class": [225], "company_name": ["HARBOR PLANS"],
         "company_id": ["1123456789"], "sec": ["PPD"], "entry_description": ["PREMIUM"],
         "effective_entry_date": [DAY + dt.timedelta(days=1)], "odfi": ["01100099"], "batch_number": [1]}
    )  # fmt: skip
    return Nacha(file, nacha.shaped(batches, nacha.BATCHES), nacha.shaped(rows, ENTRIES))


def bench_nacha(entries: int) -> Bench:
    """Entries per second of `write`, `read` and `read+check`."""
    out, made = Bench("nacha", entries), ach_file(entries)
    with timed() as write:
        data = nacha.write(made)
    with timed() as read:
        found = nacha.read(data)
    del found
    with timed() as both:
        nacha.check(nacha.read(data))
    floor = _floor(data)
    for name, clock in (("write", write), ("read", read), ("read+check", both)):
        out.steps.append(Step(name, entries, clock.seconds, YARDSTICK, floor))
    out.peak_rss_mb = peak_rss_mb()
    return out


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
    """Members per second of `write` and `read`."""
    out, made = Bench("edi834", members), enrollment(members)
    stamp = edi834.Stamp(1, 1, 1, "BENCH", dt.datetime(2026, 11, 2, 1, 0))  # noqa: DTZ001 - a file's own local time
    with timed() as write:
        data = edi834.write(made, PROFILE, stamp)
    del made
    with timed() as read:
        edi834.read(data)
    floor = _floor(data)
    for name, clock in (("write", write), ("read", read)):
        out.steps.append(Step(name, members, clock.seconds, YARDSTICK, floor))
    out.peak_rss_mb = peak_rss_mb()
    return out


def _floor(data: bytes) -> float:
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        return copy_seconds(data, Path(folder))
