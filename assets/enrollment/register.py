"""Files to vendors become fact: numbers taken, bytes made and proven, everything they told on record."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from assets.enrollment.changes import KEY
from assets.enrollment.drafts import Draft, Part
from assets.enrollment.guard import SecondOpinion, prove, set_numbers
from assets.enrollment.members import versions
from assets.enrollment.numbers import Numbers, given
from assets.enrollment.plan import SEQUENCES, moment
from formats.edi834 import Profile, Stamp, in_files, sets_needed, write
from resources.partners import Partner
from resources.record import Tx
from resources.sealed import FILE_OUT
from resources.vault import Vault

EDI834, TABULAR = "edi834", "tabular"
_FILE = ["company_id", "file_id"]
_OVERTAKEN = "overtaken before anybody approved it: the next file tells what it told"


@dataclass(frozen=True)
class Kit:
    """What files are made with besides the record."""

    partners: Mapping[str, Partner]
    vault: Vault
    opinion: SecondOpinion


@dataclass
class _Made:
    """Everything the files of a step append; `no` counts the files until they have their ids."""

    kit: Kit
    highest: pl.DataFrame  # KEY, highest (version) of what was told before
    day: dt.date
    files: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[pl.DataFrame] = field(default_factory=list)
    states: list[pl.DataFrame] = field(default_factory=list)


def withdraw(tx: Tx, files: pl.DataFrame) -> None:
    """Make files void that a later one takes the place of; nobody has approved them."""
    said = {"state": pl.lit("void"), "detail": pl.lit(_OVERTAKEN), "actor": pl.lit("night")}
    events = files.select(*_FILE, event_no=pl.col("event_no") + 1, business_date=pl.lit(tx.business_date), **said)
    tx.append("exchange.event", events)


def register(tx: Tx, drafts: Sequence[tuple[Draft, Profile | None]], highest: pl.DataFrame, kit: Kit) -> dict[str, int]:
    """Make the files of drafts that tell of somebody, in their order, and record them.

    Args:
        tx: the step's transaction.
        drafts: each with the vendor's 834 terms; None: a layout of its own.
        highest: KEY, highest (version) of everything told before.
        kit: partners, vault, and how much of a file pyx12 is shown.

    Returns:
        files, members, coverage_changes, files_held.

    Raises:
        GuardError: a file was refused by its check.
    """
    made = _Made(kit, highest, tx.business_date)
    if drafts:
        # At least so many sets: families are never cut.
        sets = [-(-d.meant.members.height // profile.max_members_per_set) for d, profile in drafts if profile]
        kit = replace(kit, opinion=kit.opinion.shared(sets))
        numbers = Numbers(tx, [d.task.partner for d, profile in drafts if profile])
        for draft, profile in drafts:
            parts = _edi834(draft, profile, numbers, kit, tx.business_date) if profile else draft.parts
            _add(made, draft, parts)
        _append(tx, made)
    return {
        "files": len(made.files),
        "members": sum(f["records"] for f in made.files),
        "coverage_changes": sum(s.height for s in made.states),
        "files_held": sum(f["questions"] > 0 for f in made.files),
    }


def _edi834(draft: Draft, profile: Profile, numbers: Numbers, kit: Kit, day: dt.date) -> list[Part]:
    """The file, or as many as the vendor's limit of members asks for."""
    task, made = draft.task, []
    company, partner = str(task.due["company"]), task.partner
    original = draft.corrects if task.terms.resubmission else None
    for sequence, meant in enumerate(in_files(draft.meant, profile), SEQUENCES[task.purpose]):
        sets = sets_needed(meant, profile)
        taken = numbers.take(partner, sets)
        stamp = Stamp(
            *taken,
            reference=reference(company, partner, day, sequence),
            created=moment(day, task.company_id, sequence),
            original_reference=original and reference(company, partner, original[1], original[2]),
        )
        data = write(meant, profile, stamp)
        proof, again = prove(data, meant, profile, stamp, kit.opinion)
        places = set_numbers(meant, profile, again, stamp)
        made.append(Part(data, meant.members.height, proof, places, given(taken, sets)))
    return made


def reference(company: str, partner: str, day: dt.date, sequence: int) -> str:
    """What a file calls itself (BGN02): the same for the same company, vendor, date and sequence."""
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{company}-{partner}")[:38]
    return f"{name}-{day:%Y%m%d}-{sequence}"


def _add(made: _Made, draft: Draft, parts: Sequence[Part]) -> None:
    """Take in the files of a draft. What it tells without a member of the files (an omission) goes with the first."""
    left = draft.rows
    for sequence, part in enumerate(parts, SEQUENCES[draft.task.purpose]):
        no = pl.lit(len(made.files)).alias("no")
        made.files.append(_row(made, draft, part, sequence))
        owner = [
            pl.lit(draft.task.partner).alias("partner"),
            pl.lit(draft.task.company_id, pl.Int32).alias("company_id"),
        ]
        made.numbers.append(part.numbers.with_columns(*owner, no))
        if left.is_empty():
            continue
        mine = left.join(part.places, on="member_key", how="inner", maintain_order="left")
        if sequence == SEQUENCES[draft.task.purpose]:
            keys = pl.concat([p.places["member_key"] for p in parts])
            nowhere = left.filter(~pl.col("member_key").is_in(keys.implode()))
            mine = pl.concat([mine, nowhere.with_columns(set_control=pl.lit(0, pl.Int64))])
        if not mine.is_empty():
            made.states.append(versions(mine, made.highest).with_columns(no))


def _row(made: _Made, draft: Draft, part: Part, sequence: int) -> dict[str, Any]:
    task, kit = draft.task, made.kit
    asked, words = draft.questions
    kind, company = TABULAR if task.terms.layout else EDI834, str(task.due["company"])
    time = moment(made.day, task.company_id, sequence).time()
    return {
        "no": len(made.files),
        "company_id": task.company_id,
        "kind": kind,
        "partner": task.partner,
        "purpose": task.purpose,
        "sequence": sequence,
        "name": kit.partners[task.partner].named(company, kind, made.day, sequence, purpose=task.purpose, time=time),
        "sha256": hashlib.sha256(part.data).digest(),
        "size": len(part.data),
        "records": part.records,
        "answer_hours": task.terms.answered_within,
        "answers_to": draft.corrects and draft.corrects[0],
        "questions": asked,
        "built": _built(draft, part, asked),
        "checked": "\n".join(words) if asked else part.proof,
        "sealed": kit.vault.seal_bytes(task.company_id, FILE_OUT, part.data),
    }


def _built(draft: Draft, part: Part, asked: int) -> str:
    """What is to be said of how a file came about; its proof, where the event `checked` puts questions instead."""
    told = [f"tells again what file {draft.corrects[0]} told, which was refused"] if draft.corrects else []
    return "; ".join([*told, *([part.proof] if asked else [])])


def _append(tx: Tx, made: _Made) -> None:
    if not made.files:
        return
    day = pl.lit(tx.business_date).alias("business_date")
    types = {"company_id": pl.Int32, "answer_hours": pl.Int32, "answers_to": pl.Int64, "no": pl.Int32}
    rows = tx.number(pl.DataFrame(made.files, schema_overrides=types), "exchange.file", "file_id")
    ids = rows.select("no", "file_id")
    tx.append(
        "exchange.file",
        rows.drop("no", "sealed", "built", "checked").with_columns(day, created_by=pl.lit("night")),
    )
    tx.append("exchange.content", rows.select(*_FILE, "sealed"))
    events = [
        rows.select(*_FILE, event_no=pl.lit(n), state=pl.lit(state), detail=state)
        for n, state in ((1, "built"), (2, "checked"))
    ]
    tx.append("exchange.event", pl.concat(events).sort(*_FILE, "event_no").with_columns(day, actor=pl.lit("night")))
    tx.append("exchange.control_number", pl.concat(made.numbers).join(ids, on="no", maintain_order="left").drop("no"))
    if made.states:
        states = pl.concat(made.states).join(ids, on="no", how="left", maintain_order="left").drop("no")
        tx.append("enrollment.member_state", states.sort(KEY).with_columns(day))
