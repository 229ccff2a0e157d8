"""The enrollment room's step of the night: an 834 per company and vendor, proven, and what it told on record."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from assets.enrollment.coverage import Windows
from assets.enrollment.guard import SecondOpinion, prove
from assets.enrollment.members import KEY, coverage_rows, enrollment_of, untold, with_fingerprint
from assets.enrollment.numbers import Numbers, given
from assets.enrollment.profiles import asks_ssn, profile_for
from assets.steps import quarantine
from formats.edi834 import Enrollment, Profile, Stamp, bad_families, sets_needed, without_families, write
from resources.partners import Partner
from resources.record import Tx
from resources.sealed import FILE_OUT, SSN
from resources.vault import Vault

KIND = "edi834"
SEQUENCE = 1  # a full file a night; a second one of the same night would be 2
_GROUP, _FILE = ["company_id", "partner"], ["company_id", "file_id"]


@dataclass
class _Draft:
    """One company's file to one vendor before it has numbers."""

    due: dict[str, Any]
    profile: Profile
    meant: Enrollment
    rows: pl.DataFrame  # of coverage_rows with fingerprint, of the members in the file
    bad: pl.DataFrame


@dataclass(frozen=True)
class _Kit:
    """What the step works with besides the record."""

    partners: Mapping[str, Partner]
    vault: Vault
    opinion: SecondOpinion


@dataclass
class _Made:
    """Everything the files of a step append, in the order of the files."""

    files: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[pl.DataFrame] = field(default_factory=list)
    states: list[pl.DataFrame] = field(default_factory=list)


def build_files(
    tx: Tx,
    partners: Mapping[str, Partner],
    vault: Vault,
    *,
    windows: Windows | None = None,
    opinion: SecondOpinion | None = None,
) -> dict[str, int]:
    """Write, prove and record the full 834 of every company and vendor that has none for the business date.

    Appends exchange.file (kind edi834, created_by night), content, event (built, checked) and control_number, and
    the versions of enrollment.member_state that differ from what the vendor was told. Bad families are quarantined.

    Args:
        tx: the step's transaction.
        partners: profiles by code; a vendor with members needs one with a table [edi834].
        vault: seals the files; opens SSNs for partners that ask for them.
        windows: how far a vendor looks around the business date.
        opinion: how much of each file pyx12 is shown; default: all of it.

    Returns:
        files, members (INS), coverage_changes, families_left_out.

    Raises:
        GuardError: a file was refused by its check.
        SettingsError: a vendor with members has no usable 834 terms.
    """
    due = tx.read("enrollment/due")
    totals = {"files": 0, "members": 0, "coverage_changes": 0, "families_left_out": 0}
    if due.is_empty():
        return totals
    told = tx.read("enrollment/told").join(due.select(_GROUP), on=_GROUP, how="semi")
    rows = _rows(tx, due, told, windows or Windows())
    if rows.is_empty():
        return totals
    drafts = _drafts(tx, due, rows, partners, vault)
    totals["families_left_out"] = _leave_out(tx, drafts)
    ready = [d for d in drafts if d.meant.members.height]
    made = _write(tx, ready, told, _Kit(partners, vault, opinion or SecondOpinion()))
    _append(tx, made)
    totals["files"] = len(made.files)
    totals["members"] = sum(f["records"] for f in made.files)
    totals["coverage_changes"] = sum(s.height for s in made.states)
    return totals


def _rows(tx: Tx, due: pl.DataFrame, told: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    found = tx.read("enrollment/subscriptions", ahead=windows.ahead, behind=windows.behind)
    subscriptions = found.join(
        due.select("company_id", "vendor_id", "partner"), on=["company_id", "vendor_id"], how="inner"
    )
    return coverage_rows(
        subscriptions,
        tx.read("enrollment/holds"),
        tx.read("enrollment/covered"),
        told,
        day=tx.business_date,
        windows=windows,
    )


def _drafts(
    tx: Tx, due: pl.DataFrame, rows: pl.DataFrame, partners: Mapping[str, Partner], vault: Vault
) -> list[_Draft]:
    """What each file will hold, ordered by partner and company: that is the order of control numbers."""
    waiting = due.join(rows.select(_GROUP).unique(), on=_GROUP, how="semi").sort("partner", "company_id")
    dues = list(waiting.iter_rows(named=True))
    profiles = [profile_for(partners, row) for row in dues]
    asked = waiting.select(_GROUP).with_columns(pl.Series("ssn_asked", [asks_ssn(p) for p in profiles], pl.Boolean))
    people = tx.read("enrollment/people", with_ssn=bool(asked["ssn_asked"].any()))
    marked = with_fingerprint(rows.join(asked, on=_GROUP, how="left", maintain_order="left"), people)
    drafts = []
    parts = marked.partition_by(_GROUP, as_dict=True, maintain_order=True)
    by_company = people.partition_by("company_id", as_dict=True)
    for row, profile in zip(dues, profiles, strict=True):
        mine = parts[row["company_id"], row["partner"]]
        everybody = _with_ssn(by_company[row["company_id"],], mine, profile, vault)
        meant = enrollment_of(mine, everybody, row["company"], profile)
        bad = bad_families(meant, profile)
        if not bad.is_empty():
            meant = without_families(meant, bad)
            heads = everybody.select(pl.col("person_id").alias("head_id"), pl.col("code").alias("subscriber_key"))
            out = heads.join(bad.select("subscriber_key").unique(), on="subscriber_key", how="semi")
            mine = mine.join(out, on="head_id", how="anti", maintain_order="left")
        drafts.append(_Draft(row, profile, meant, mine, bad))
    return drafts


def _with_ssn(people: pl.DataFrame, rows: pl.DataFrame, profile: Profile, vault: Vault) -> pl.DataFrame:
    """The people of the file's families, their SSNs opened when this partner gets them and not otherwise."""
    named = pl.concat([rows["person_id"], rows["head_id"]]).unique()
    wanted = people.filter(pl.col("person_id").is_in(named.implode()))
    if asks_ssn(profile):
        ssn = vault.open(wanted["company_id"], wanted["ssn_sealed"], SSN)
    else:
        ssn = pl.Series([None] * wanted.height, dtype=pl.String)
    return wanted.drop("ssn_sealed").with_columns(ssn.alias("ssn"))


def _leave_out(tx: Tx, drafts: list[_Draft]) -> int:
    """Quarantine the families that the files go without; returns how many there are."""
    named = [
        d.bad.select(
            pl.lit(d.due["company_id"], pl.Int32).alias("company_id"),
            pl.format("{}: member {}", pl.lit(d.due["partner"]), pl.col("subscriber_key").fill_null("?")).alias(
                "subject"
            ),
            "rule",
            reason="message",
        )
        for d in drafts
        if not d.bad.is_empty()
    ]
    if not named:
        return 0
    rows = pl.concat(named)
    quarantine(tx, rows)
    return rows.select("company_id", "subject").n_unique()


def _write(tx: Tx, drafts: list[_Draft], told: pl.DataFrame, kit: _Kit) -> _Made:
    made = _Made()
    if not drafts:
        return made
    numbers = Numbers(tx, [d.due["partner"] for d in drafts])
    ids = tx.number(pl.DataFrame({"company_id": [d.due["company_id"] for d in drafts]}), "exchange.file", "file_id")
    for draft, file_id in zip(drafts, ids["file_id"], strict=True):
        company, partner = draft.due["company_id"], draft.due["partner"]
        sets = sets_needed(draft.meant, draft.profile)
        taken = numbers.take(partner, sets)
        stamp = _stamp(draft.due["company"], partner, tx.business_date, taken)
        data = write(draft.meant, draft.profile, stamp)
        proof = prove(data, draft.meant, draft.profile, stamp, kit.opinion)
        made.files.append(
            {
                "company_id": company,
                "file_id": file_id,
                "partner": partner,
                "name": kit.partners[partner].named(draft.due["company"], KIND, tx.business_date, SEQUENCE),
                "sha256": hashlib.sha256(data).digest(),
                "size": len(data),
                "records": draft.meant.members.height,
                "proof": proof,
                "sealed": kit.vault.seal_bytes(company, FILE_OUT, data),
            }
        )
        file = pl.lit(file_id, pl.Int64).alias("file_id")
        made.numbers.append(given(partner, company, taken, sets).with_columns(file))
        mine = told.filter((pl.col("company_id") == company) & (pl.col("partner") == partner))
        made.states.append(untold(draft.rows, mine).with_columns(file))
    return made


def _stamp(company: str, partner: str, day: dt.date, numbers: tuple[int, int, int]) -> Stamp:
    """The file's numbers and its creation time: no clock's, one o'clock of the business date and a minute per file."""
    reference = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{company}-{partner}")[:38]
    created = dt.datetime.combine(day, dt.time(1, SEQUENCE))
    return Stamp(*numbers, reference=f"{reference}-{day:%Y%m%d}-{SEQUENCE}", created=created)


def _append(tx: Tx, made: _Made) -> None:
    if not made.files:
        return
    day = pl.lit(tx.business_date).alias("business_date")
    rows = pl.DataFrame(made.files)
    tx.append(
        "exchange.file",
        rows.drop("sealed", "proof").with_columns(
            day, kind=pl.lit(KIND), sequence=pl.lit(SEQUENCE), created_by=pl.lit("night")
        ),
    )
    tx.append("exchange.content", rows.select("company_id", "file_id", "sealed"))
    events = [
        rows.select("company_id", "file_id", event_no=pl.lit(n), state=pl.lit(state), detail=detail)
        for n, state, detail in ((1, "built", pl.lit("")), (2, "checked", pl.col("proof")))
    ]
    tx.append("exchange.event", pl.concat(events).sort(*_FILE, "event_no").with_columns(day, actor=pl.lit("night")))
    tx.append("exchange.control_number", pl.concat(made.numbers))
    states = pl.concat(made.states)
    tx.append("enrollment.member_state", states.sort(KEY).with_columns(day))
