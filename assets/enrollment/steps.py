"""The enrollment room's step of the night: each vendor's file, proven, and what it told on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.enrollment import custom
from assets.enrollment.coverage import Windows
from assets.enrollment.drafts import Draft, View, change_draft, full_draft, without
from assets.enrollment.guard import SecondOpinion
from assets.enrollment.guards import RETRO
from assets.enrollment.members import coverage_rows
from assets.enrollment.plan import TEST_RULE, Task, mismatched, tasks
from assets.enrollment.profiles import asks_ssn, profile_for
from assets.enrollment.register import Kit, register, withdraw
from assets.enrollment.standing import PAIR, Standing, overtaken, standing
from assets.steps import quarantine
from formats.edi834 import Profile, bad_families, without_families
from formats.errors import SettingsError
from formats.tabular import Layout, load_layout
from resources.partners import Partner
from resources.record import Tx
from resources.sealed import SSN
from resources.vault import Vault

Seen = dict[tuple[int, str, Windows], pl.DataFrame]


@dataclass(frozen=True)
class _World:
    """What the record holds for the files of the night."""

    known: dict[tuple[int, str], Standing]
    nothing: Standing
    rows: Seen
    people: dict[int, pl.DataFrame]
    released: pl.DataFrame
    day: dt.date

    def standing(self, task: Task) -> Standing:
        return self.known.get((task.company_id, task.partner), self.nothing)


_COUNTED = ("files", "members", "coverage_changes", "families_left_out", "files_held", "changes_waiting",
            "vendors_waited_for")  # fmt: skip


def build_files(
    tx: Tx, partners: Mapping[str, Partner], vault: Vault, *, opinion: SecondOpinion | None = None
) -> dict[str, int]:
    """Write, prove and record the files that vendors are due and that are not made for the business date.

    A vendor's terms ([enrollment] of its profile) say which: a full file; a change file, when there is a difference
    from what the vendor has taken; one to compare with. Appends exchange.file (created_by night), content, event
    (built, checked; void of files overtaken before anybody approved them), control_number and
    enrollment.member_state. Families that break a rule, changes beyond a vendor's retroactive limit and companies that
    must not go to a vendor are quarantined.

    Args:
        tx: the step's transaction.
        partners: profiles by code; a vendor with members needs one with a table [edi834] or a layout.
        vault: seals the files; opens SSNs for partners that ask for them.
        opinion: how much of each file pyx12 is shown; default: all of it.

    Returns:
        files, members (of the files), coverage_changes, families_left_out, files_held (asked about before approval),
        changes_waiting (too old), vendors_waited_for (no file before their answer).

    Raises:
        GuardError: a file was refused by its check.
        SettingsError: a vendor with members has no usable terms.
    """
    totals = dict.fromkeys(_COUNTED, 0)
    todo = tasks(tx.read("enrollment/due"), partners, tx.business_date)
    if not todo:
        return totals
    known = _standing(tx, todo)
    rows = _rows(tx, todo, known)
    shares = known.split()
    allowed = _allowed(tx, [t for t in todo if (t.company_id, t.partner, t.windows) in rows], partners)
    todo = [task for task in allowed if not _waits(task, shares)]
    totals["vendors_waited_for"] = len(allowed) - len(todo)
    if not todo:
        return totals
    forms = [_form(task, partners) for task in todo]
    people = tx.read("enrollment/people", with_ssn=any(_asks_ssn(form) for form in forms))
    by_company = {int(key[0]): part for key, part in people.partition_by("company_id", as_dict=True).items()}
    released = tx.read("enrollment/retro_released")
    world = _World(shares, known.nothing(), rows, by_company, released, tx.business_date)
    kit = Kit(partners, vault, opinion or SecondOpinion())
    drafts = [(_draft(task, form, world, kit), form) for task, form in zip(todo, forms, strict=True)]
    totals |= _leave_out(tx, [draft for draft, _ in drafts])
    ready = [
        (draft, form if isinstance(form, Profile) else None) for draft, form in drafts if draft.meant.members.height
    ]
    return totals | register(tx, ready, known.highest, kit)


def _standing(tx: Tx, todo: list[Task]) -> Standing:
    """How we stand with the vendors, after files that nobody has approved yet and today's replace are withdrawn."""
    files = tx.read("enrollment/vendor_files")
    coming = [
        (t.company_id, t.partner, t.purpose) for t in todo if t.purpose != "change" or t.terms.unanswered == "repeat"
    ]
    schema = {name: files.schema[name] for name in ("company_id", "partner", "purpose")}
    old = overtaken(files, pl.DataFrame(coming, schema=schema, orient="row"), tx.business_date)
    withdraw(tx, old)
    return standing(tx, files, old)


def _rows(tx: Tx, todo: list[Task], known: Standing) -> Seen:
    """Who is covered as each vendor must see it; nothing for those to whom there is nothing to tell."""
    views = list(dict.fromkeys(t.windows for t in todo))
    ahead, behind = max(v.ahead for v in views), max(v.behind for v in views)
    found = tx.read("enrollment/subscriptions", ahead=ahead, behind=behind)
    holds, covered = tx.read("enrollment/holds"), tx.read("enrollment/covered")
    seen: Seen = {}
    for view in views:
        due = [t.due for t in todo if t.windows == view]
        pairs = pl.DataFrame([{c: d[c] for c in (*PAIR, "vendor_id")} for d in due]).cast(
            {c: found.schema[c] for c in ("company_id", "vendor_id")}
        )
        mine = known.of(pairs)
        rows = coverage_rows(
            found.join(pairs, on=["company_id", "vendor_id"], how="inner"),
            holds,
            covered,
            mine.last_noticed,
            day=tx.business_date,
            windows=view,
        )
        parts = rows.partition_by(PAIR, as_dict=True, maintain_order=True)
        seen |= {(int(company), str(partner), view): part for (company, partner), part in parts.items()}
    return seen


def _allowed(tx: Tx, todo: list[Task], partners: Mapping[str, Partner]) -> list[Task]:
    """The tasks whose members may go to their vendor; the others are named."""
    found = [(task, mismatched(task, partners)) for task in todo]
    wrong = [
        {"company_id": t.company_id, "subject": f"{t.partner}: company {t.due['company']}", "reason": reason}
        for t, reason in found
        if reason
    ]
    schema = {"company_id": pl.Int32, "subject": pl.String, "reason": pl.String}
    quarantine(tx, pl.DataFrame(wrong, schema=schema).with_columns(rule=pl.lit(TEST_RULE)))
    return [task for task, reason in found if not reason]


def _waits(task: Task, shares: Mapping[tuple[int, str], Standing]) -> bool:
    """Whether the vendor wants an answer of its own to be read before it gets the next change file."""
    known = shares.get((task.company_id, task.partner))
    return task.purpose == "change" and task.terms.unanswered == "wait" and known is not None and known.open_changes


def _form(task: Task, partners: Mapping[str, Partner]) -> Profile | Layout:
    """How the vendor's file looks."""
    path = task.terms.layout
    if path is None:
        return profile_for(partners, task.due, task.purpose)
    layout = load_layout(path)
    if task.purpose == "change" and layout.subscriber == "required":
        raise SettingsError(
            f"vendor {task.partner} gets change files in a layout that takes no dependent without its subscriber",
            where=str(path),
            hint='say subscriber = "optional" in the layout, or files = "full" under [enrollment]',
        )
    return layout


def _asks_ssn(form: Profile | Layout) -> bool:
    return asks_ssn(form) if isinstance(form, Profile) else custom.asks_ssn(form)


def _draft(task: Task, form: Profile | Layout, world: _World, kit: Kit) -> Draft:
    asks = _asks_ssn(form)
    rows = world.rows[task.company_id, task.partner, task.windows].with_columns(ssn_asked=pl.lit(asks))
    people = _with_ssn(world.people[task.company_id], rows, kit.vault, asks=asks)
    view = View(rows, world.standing(task), people, world.released, world.day)
    profile = form if isinstance(form, Profile) else None
    draft = change_draft(task, view, profile) if task.purpose == "change" else full_draft(task, view, profile)
    if isinstance(form, Layout):
        return custom.fill(draft, form, people, kit.partners[task.partner].usage, world.day)
    bad = bad_families(draft.meant, form)
    if bad.is_empty():
        return draft
    return without(draft, bad, without_families(draft.meant, bad), people)


def _with_ssn(people: pl.DataFrame, rows: pl.DataFrame, vault: Vault, *, asks: bool) -> pl.DataFrame:
    """The people of the file's families, their SSNs opened when this partner gets them and not otherwise."""
    named = pl.concat([rows["person_id"], rows["head_id"]]).unique()
    wanted = people.filter(pl.col("person_id").is_in(named.implode()))
    ssn = vault.open(wanted["company_id"], wanted["ssn_sealed"], SSN) if asks else pl.lit(None, pl.String)
    return wanted.with_columns(ssn.alias("ssn")).drop("ssn_sealed")


def _leave_out(tx: Tx, drafts: list[Draft]) -> dict[str, int]:
    """Quarantine what the files go without; says how many changes and families that is."""
    if not drafts:
        return {}
    aside = pl.concat([draft.aside for draft in drafts])
    quarantine(tx, aside)
    families = aside.filter(pl.col("rule") != RETRO).select("company_id", "subject").n_unique()
    return {"changes_waiting": int((aside["rule"] == RETRO).sum()), "families_left_out": families}
