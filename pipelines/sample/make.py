"""Writes the sample book: the CSV files a customer would send, a later drop of changes, and what to expect of them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.intake.layouts import BY_NAME
from formats.errors import SettingsError
from pipelines.sample.catalogue import catalogue, promised, writing_agents
from pipelines.sample.changes import NO_ZIP, changes, mistyped
from pipelines.sample.draw import Draw
from pipelines.sample.faults import plant
from pipelines.sample.members import Members, make_members
from pipelines.sample.paying import company_banks, divided, known, payees, payer_shares
from pipelines.sample.story import COMPANY, Story, story_of

BAD_SHARE = 0.005
FEWEST = 20  # below that some company or kind of change would have nobody
CHANGES, EXPECTED = "changes", "EXPECTED.json"


@dataclass(frozen=True)
class Sample:
    """What was written: rows by file, bad rows by kind, changes by kind."""

    folder: Path
    rows: dict[str, int]
    bad_rows: dict[str, int]
    changes: dict[str, int]


def make_sample(members: int, seed: int, out: Path, date: dt.date, *, bad_share: float = BAD_SHARE) -> Sample:
    """Write the sample book into a folder: same arguments, same bytes.

    Args:
        members: subscribers; their dependents come on top.
        seed: any whole number from 0 on.
        out: gets the files, `changes/` with a later drop, and EXPECTED.json (bad rows and their findings, families
            that don't fit their tier, changes by kind).
        date: business date of the first night. Companies went live a month before, so that it bills one month each.
        bad_share: bad rows per member; above 0 there is at least one of each kind.

    Raises:
        SettingsError: too few members, a negative seed or share, or the folder can't be written.
    """
    if members < FEWEST or seed < 0 or not 0 <= bad_share <= 0.5:
        raise SettingsError(
            "The sample can't be made like that",
            hint=f"at least {FEWEST} members, a seed from 0 on, a share of bad rows from 0 to 0.5",
        )
    base = make_members(seed, date, members, agents=writing_agents(members))
    told = story_of(base, date, members)
    later, counts = changes(seed, date, base, members, told)
    wrong = mistyped(base, date, told, later)
    files, misfits = _first_drop(seed, date, base, members, told)
    at = pl.col("member_code").is_in(wrong["member_code"].implode())
    files["people.csv"] = files["people.csv"].with_columns(zip=pl.when(at).then(pl.lit(NO_ZIP)).otherwise("zip"))
    bad_rows: dict[str, int] = {}
    findings: list[dict[str, Any]] = []
    if bad_share:
        files, bad_rows, findings = plant(seed, files, round(members * bad_share))
    people = pl.concat([base.people, later["people.csv"]])
    later["bank_accounts.csv"] = _with_holders(known(seed, date, later["bank_accounts.csv"], proved=False), people)
    later["people.csv"] = pl.concat([wrong, later["people.csv"]])
    counts["people_corrected"] = wrong.height
    rows = {name: frame.height for name, frame in files.items()}
    expected = {
        "members": members,
        "seed": seed,
        "date": date.isoformat(),
        "rows": rows,
        "bad_rows": bad_rows,
        "problems": findings,
        "misfit_families": misfits,
        "changes": counts,
        "story": asdict(told),
    }
    _write(out, files, later, expected)
    return Sample(out, rows, bad_rows, counts)


def _first_drop(
    seed: int, date: dt.date, base: Members, members: int, told: Story
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """The files without bad rows, and the families that don't fit their tier."""
    go_live = pl.select(pl.lit(date).dt.offset_by("-1mo")).item() + dt.timedelta(days=1)
    covered, misfits = _misfits(seed, base, members)
    first = known(seed, date, base.accounts)
    theirs = pl.col("account_code").is_in(told.closed)
    second, methods = divided(seed, first.filter(~theirs), members)
    first = first.with_columns(closed_on=pl.when(theirs).then(pl.lit(told.closed_on)))
    files = {
        **catalogue(seed, date, members, go_live),
        "people.csv": base.people,
        "subscriptions.csv": base.subscriptions,
        "covered.csv": covered,
        "holds.csv": base.holds,
        "splits.csv": base.splits,
        "pay_methods.csv": methods,
        "company_banks.csv": company_banks(),
        "payer_shares.csv": payer_shares(base.subscriptions),
    }
    _, member, product, tier = told.promised
    files["prices.csv"] = pl.concat(
        [files["prices.csv"], promised(files["prices.csv"], COMPANY, member, product, tier)], how="diagonal"
    )
    own, others = _with_holders(pl.concat([first, second]), base.people), payees(seed, date, files)
    files["bank_accounts.csv"] = pl.concat([_told("bank_accounts.csv", f) for f in (own, others)])
    return {name: _told(name, files[name]) for name in BY_NAME if name in files}, misfits


def _told(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of a file that the sample tells: optional ones only where it has something to say."""
    return frame.select(column for column in BY_NAME[name].header if column in frame.columns)


def _misfits(seed: int, base: Members, members: int) -> tuple[pl.DataFrame, list[str]]:
    """A few families without the dependents that their tier stands for: the 834's checks must hold them back."""
    families = base.covered["subscription_code"].unique(maintain_order=True)
    insured = families.filter(~families.str.ends_with("LG"))
    chosen = insured.gather(Draw(seed, "misfits").some(len(insured), max(1, members // 2000)))
    return base.covered.filter(~pl.col("subscription_code").is_in(chosen.implode())), chosen.to_list()


def _with_holders(accounts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Accounts with the name of their holder: the member, or the company."""
    names = people.select(
        "company_code", "member_code", holder_name=pl.concat_str("first_name", "last_name", separator=" ")
    )
    return accounts.join(names, on=["company_code", "member_code"], how="left", maintain_order="left").with_columns(
        pl.col("holder_name").fill_null(pl.col("company_code").str.to_titlecase() + " operating account")
    )


def _write(out: Path, files: dict[str, pl.DataFrame], later: dict[str, pl.DataFrame], expected: dict[str, Any]) -> None:
    try:
        (out / CHANGES).mkdir(parents=True, exist_ok=True)
        for folder, drop in ((out, files), (out / CHANGES, later)):
            for name, frame in drop.items():
                text = pl.col(pl.String).replace("", None)  # an empty field and not a pair of quotes
                _told(name, frame).with_columns(text).write_csv(folder / name)
        story = json.dumps(expected, indent=1, ensure_ascii=False, default=str) + "\n"
        (out / EXPECTED).write_text(story, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SettingsError(f"The sample can't be written: {error.strerror}", where=str(out)) from error
