"""A file to a vendor before it has numbers: whom it tells of, what is recorded as told, what must be asked. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from assets.enrollment.changes import END, KEY, MEMBER, difference, member_actions, replaced, with_heads
from assets.enrollment.fate import ACCEPTED, FILE, REFUSED
from assets.enrollment.guards import questions, retro_words, too_old
from assets.enrollment.members import (
    AUDITED,
    COMPARE_ONLY,
    enrollment_of,
    in_shape,
    untold,
    with_fingerprint,
    with_member_key,
    with_member_print,
)
from assets.enrollment.plan import Task
from assets.enrollment.standing import Standing
from formats.edi834 import Enrollment, Profile

_TOLD = {"company_id": pl.Int32, "subject": pl.String, "rule": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class View:
    """What a file is made from: of one company and vendor, as of a day.

    rows: as `coverage_rows` returns them, with ssn_asked. known: how we stand with the vendor. people: columns of
    `with_fingerprint` and ssn, of everybody in `rows`. released: KEY, effective_date of changes beyond the retroactive
    limit that a person let go.
    """

    rows: pl.DataFrame
    known: Standing
    people: pl.DataFrame
    released: pl.DataFrame
    day: dt.date


@dataclass(frozen=True)
class Part:
    """The bytes of one file: of a whole draft, or of what a layout lets into one file.

    proof: what was held against them, in words. places: member_key and set_control (0: the file has no sets) of the
    members in it. numbers: kind and value of the control numbers it took.
    """

    data: bytes = field(repr=False)
    records: int
    proof: str
    places: pl.DataFrame
    numbers: pl.DataFrame


@dataclass
class Draft:
    """One company's file to one vendor before it has numbers.

    rows: what is recorded as told: what `members.versions` asks for, head_id and member_key. aside: what the file goes
    without, as rows of quarantine. before, ended: people whom the vendor holds, and whom the file ends. still: in a
    full file, who is covered (person_id, head_id). corrects: the refused file that held some of it before, its
    business date and sequence.
    parts: its files, where they need no control numbers.
    """

    task: Task
    meant: Enrollment
    rows: pl.DataFrame
    before: int = 0
    ended: int = 0
    still: pl.DataFrame | None = None
    corrects: tuple[int, dt.date, int] | None = None
    parts: list[Part] = field(default_factory=list)
    aside: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_TOLD))

    @property
    def questions(self) -> tuple[int, list[str]]:
        """How many people the file must be asked about, and the questions."""
        terms = self.task.terms
        return questions(
            before=self.before,
            ended=self.ended,
            still=None if self.still is None else self.still["person_id"].n_unique(),
            most_ended=terms.most_terminations_percent,
            most_shrunk=terms.most_shrinkage_percent,
            least=terms.guard_from,
        )


def full_draft(task: Task, view: View, profile: Profile | None) -> Draft:
    """A full file, or one to compare with, of which nothing is recorded as told.

    Args:
        task: which.
        view: what it is made from.
        profile: the vendor's 834 terms; None: a layout of its own.
    """
    people, last, old = view.people, view.known.last, _too_old(task, view)
    rows = _held_back(view, old)
    covering = last.filter(_covering(view.day))
    whole = _full(_without_told_ends(rows, view, task), people, task, profile)
    held = covering.select("person_id").unique()
    now = rows.filter(~pl.col("ended")).select("person_id", "head_id").unique()
    if task.purpose == "audit":
        return Draft(task, whole, rows.clear(), before=held.height, still=now)
    compares = profile is not None and profile.action == COMPARE_ONLY
    ends = pl.col("ended") & ~pl.lit(compares)
    action = pl.when(ends).then(pl.lit(END)).otherwise(pl.lit(AUDITED))
    fresh = untold(with_fingerprint(rows, people), view.known.held).with_columns(member_action=action)
    told = with_member_key(with_member_print(fresh, people), people)
    ended = held.join(now, on="person_id", how="anti").height
    corrects = _corrects(told, view.known)
    aside = retro_words(old, people, task.terms.retro_days or 0)
    return Draft(task, whole, told, held.height, ended, now, corrects, aside=aside)


def change_draft(task: Task, view: View, profile: Profile | None) -> Draft:
    """The difference between what the vendor must know and what it has taken; arguments as for `full_draft`."""
    people, known = view.people, view.known
    held, marked = known.held, with_member_print(view.rows, people)
    found = difference(marked, held, view.day)
    old = _too_old(task, view, found)
    found = found.join(old, on=KEY, how="anti", maintain_order="left")
    after = _as_told(marked, held, old)
    members = member_actions(after, held, found)
    if profile is not None and profile.subscriber_reference == "ssn":
        members = with_heads(members, after)
    shared = [*KEY, "head_id", "line", "plan_code", "tier", "begin", "end", "action"]
    parts = [part.select(shared) for part in (found.filter(pl.col("action").is_not_null()), replaced(found, held))]
    told = with_fingerprint(found, people).join(members.select(*MEMBER, "member_action"), on=MEMBER, how="left")
    return Draft(
        task,
        in_shape(members, pl.concat(parts), people, str(task.due["company"])),
        with_member_key(told.sort(KEY), people),
        before=known.last.filter(_covering(view.day))["person_id"].n_unique(),
        ended=members.filter(pl.col("member_action") == END)["person_id"].n_unique(),
        corrects=_corrects(told, known),
        aside=retro_words(old, people, task.terms.retro_days or 0),
    )


def _as_told(rows: pl.DataFrame, held: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Everybody as the vendor holds them after the file: changes that wait for a person are not in it."""
    columns = [*KEY, "head_id", "begin", "end"]
    return pl.concat([rows.join(old, on=KEY, how="anti").select(columns), _as_held(held, old).select(columns)])


def _as_held(held: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """The latest that the vendor may hold of what waits for a person."""
    known = held.filter(pl.col("begin").is_not_null()).join(old, on=KEY, how="semi").sort(*KEY, "version")
    return known.unique(KEY, keep="last", maintain_order=True)


def _held_back(view: View, old: pl.DataFrame) -> pl.DataFrame:
    """The rows of a full file: what waits for a person stands in it as the vendor holds it."""
    if old.is_empty():
        return view.rows
    ended = pl.col("end").fill_null(dt.date.max) <= view.day
    stays = _as_held(view.known.held, old).with_columns(ended.alias("ended"), ssn_asked=view.rows["ssn_asked"].first())
    rest = view.rows.join(old, on=KEY, how="anti")
    return pl.concat([rest, stays.select(rest.columns)]).sort(KEY)


def without(draft: Draft, bad: pl.DataFrame, meant: Enrollment, people: pl.DataFrame) -> Draft:
    """The draft without families that would be refused; they are named.

    Args:
        draft: is changed.
        bad: subscriber_key, rule, message, a row per reason.
        meant: what goes without them.
        people: person_id and code, of everybody in the draft.
    """
    heads = people.select(pl.col("person_id").alias("head_id"), pl.col("code").alias("subscriber_key"))
    out = heads.join(bad.select("subscriber_key").unique(), on="subscriber_key", how="semi")
    draft.rows = draft.rows.join(out, on="head_id", how="anti", maintain_order="left")
    if draft.still is not None:  # who is left out of a full file is missing in it, whatever the cause
        draft.still = draft.still.join(out, on="head_id", how="anti")
    draft.meant = meant
    named = bad.select(
        pl.lit(draft.task.company_id, pl.Int32).alias("company_id"),
        "rule",
        subject=pl.format("{}: member {}", pl.lit(draft.task.partner), pl.col("subscriber_key").fill_null("?")),
        reason="message",
    )
    draft.aside = pl.concat([draft.aside, named.select(draft.aside.columns)])
    return draft


def _full(rows: pl.DataFrame, people: pl.DataFrame, task: Task, profile: Profile | None) -> Enrollment:
    company = str(task.due["company"])
    if profile is not None:
        return enrollment_of(rows, people, company, profile)
    whole = rows.group_by(MEMBER, maintain_order=True).agg(
        pl.when(pl.col("ended").all()).then(pl.lit(END)).otherwise(pl.lit(AUDITED)).alias("member_action"),
        pl.lit(None, pl.String).alias("reason"),
        pl.col("begin").min(),
        pl.when(pl.col("end").is_not_null().all()).then(pl.col("end").max()).alias("end"),
    )
    held = rows.with_columns(action=pl.when("ended").then(pl.lit(END)).otherwise(pl.lit(AUDITED)))
    return in_shape(whole, held, people, company)


def _without_told_ends(rows: pl.DataFrame, view: View, task: Task) -> pl.DataFrame:
    """What of the rows stands in a full file, by what this vendor agreed on about ends."""
    if task.terms.termination == "omission":
        covered = rows.filter(~pl.col("ended"))
        # A file can't be without anybody, and none would end nothing: the last ones are ended in words.
        held = view.known.held.filter((pl.col("version") > 0) & _covering(view.day))
        return rows.join(held, on=KEY, how="semi") if covered.is_empty() else covered
    if task.terms.termination == "window":
        return rows
    taken = view.known.last.filter(pl.col("fate") == ACCEPTED).select(*KEY, "end")
    said = rows.filter("ended").join(taken, on=[*KEY, "end"], how="semi")
    return rows.join(said.select(KEY), on=KEY, how="anti", maintain_order="left")


def _too_old(task: Task, view: View, found: pl.DataFrame | None = None) -> pl.DataFrame:
    """KEY, effective_date of changes that wait for a person; found: the difference, where it is there already."""
    if task.terms.retro_days is None:
        return view.rows.select(*KEY, effective_date="begin").clear()
    if found is None:
        found = difference(with_member_print(view.rows, view.people), view.known.held, view.day)
    return too_old(found, view.known.told, view.released, view.day - dt.timedelta(days=task.terms.retro_days))


def _covering(day: dt.date) -> pl.Expr:
    return pl.col("end").is_null() | (pl.col("end") > day)


def _corrects(told: pl.DataFrame, known: Standing) -> tuple[int, dt.date, int] | None:
    """The last refused file that held some of what is told now, if any."""
    versions = known.told.join(told.select(KEY), on=KEY, how="semi")
    latest = versions.sort(*KEY, "version").unique(KEY, keep="last", maintain_order=True)
    files = known.files.join(latest.filter(pl.col("fate") == REFUSED), on=FILE, how="semi").sort("file_id")
    found = files.filter(~pl.col("void")).select("file_id", "business_date", "sequence").rows()
    return found[-1] if found else None
