"""How we stand with the vendors as of the business date: what each was told, and what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.enrollment.changes import KEY, beliefs
from assets.enrollment.fate import FILE, OPEN, REFUSED, SET, set_fates, told_fates, with_sound
from resources.record import Tx

PAIR = ["company_id", "partner"]
# States in which a file has neither left nor been promised to anybody: a later one may take its place.
_UNPROMISED = ("built", "checked")


@dataclass(frozen=True)
class Standing:
    """Everything the record knows of what vendors were told.

    told: KEY, version, line, plan_code, tier, begin, end, member_print, fingerprint, head_id, vendor_id, sub_end, FILE,
    set_control, fate, sound, run_no; every version. files: FILE, partner, purpose, business_date, sequence, state,
    event_no, fate.
    """

    told: pl.DataFrame
    files: pl.DataFrame

    def of(self, pairs: pl.DataFrame) -> Standing:
        """The part of these companies and vendors (company_id, partner)."""
        return Standing(
            self.told.join(pairs, on=PAIR, how="semi", maintain_order="left"),
            self.files.join(pairs, on=PAIR, how="semi", maintain_order="left"),
        )

    def split(self) -> dict[tuple[int, str], Standing]:
        """The parts of each company and vendor of whom there is a file."""
        told: dict[Any, pl.DataFrame] = self.told.partition_by(PAIR, as_dict=True, maintain_order=True)
        files: dict[Any, pl.DataFrame] = self.files.partition_by(PAIR, as_dict=True, maintain_order=True)
        return {pair: Standing(told.get(pair, self.told.clear()), files[pair]) for pair in files}

    def nothing(self) -> Standing:
        """Of a company and vendor between whom nothing was told."""
        return Standing(self.told.clear(), self.files.clear())

    @property
    def highest(self) -> pl.DataFrame:
        """KEY and the highest version of each."""
        return self.told.group_by(KEY).agg(pl.col("version").max().alias("highest"))

    @property
    def last(self) -> pl.DataFrame:
        """The latest version of each key that was not refused: what the vendor holds, if all goes well."""
        return self._latest(self.told.filter(pl.col("fate") != REFUSED))

    @property
    def last_noticed(self) -> pl.DataFrame:
        """`last` with noticed_end, the end that was told latest, whatever became of it: a refusal moves no end."""
        noticed = self._latest(self.told).select(*KEY, noticed_end="end")
        return self.last.join(noticed, on=KEY, how="left", maintain_order="left")

    @property
    def held(self) -> pl.DataFrame:
        """What the vendor may hold (`changes.beliefs`)."""
        return beliefs(self.told)

    @property
    def open_changes(self) -> bool:
        """Whether a change file waits for its answer."""
        return not self.files.filter((pl.col("purpose") == "change") & (pl.col("fate") == OPEN)).is_empty()

    def _latest(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.sort(*KEY, "version").unique(KEY, keep="last", maintain_order=True)


def overtaken(files: pl.DataFrame, coming: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Files that nobody has approved yet and that one of today takes the place of: they never leave.

    One that was sent after a newer one would tell a vendor what is no longer so.

    Args:
        files: as sql/enrollment/vendor_files returns them.
        coming: company_id, partner, purpose of today's files; those before which nothing is withdrawn are not in it.
        day: the business date.
    """
    told = pl.col("purpose").replace("change", "full").alias("told")  # either tells everything the other would
    asked = coming.select(*PAIR, told).unique()
    old = (pl.col("business_date") < day) & pl.col("current") & ~pl.col("void") & pl.col("state").is_in(_UNPROMISED)
    return (
        files.filter(old)
        .with_columns(told)
        .join(asked, on=[*PAIR, "told"], how="semi", maintain_order="left")
        .drop("told")
    )


def standing(tx: Tx, files: pl.DataFrame, withdrawn: pl.DataFrame) -> Standing:
    """Read how we stand with every vendor of the companies.

    Args:
        tx: the step's transaction.
        files: as sql/enrollment/vendor_files returns them.
        withdrawn: FILE of files that count as void from now on.
    """
    gone = withdrawn.select(FILE).with_columns(now_void=pl.lit(value=True))
    files = files.join(gone, on=FILE, how="left", maintain_order="left").with_columns(
        pl.col("void") | pl.col("now_void").fill_null(value=False)
    )
    told = tx.read("enrollment/told")
    answers, applications = tx.read("enrollment/answers"), tx.read("enrollment/applications")
    whole = files.select(*FILE, set_control=pl.lit(0, pl.Int64))
    sets = pl.concat([told.select(SET).unique(maintain_order=True), whole]).unique(maintain_order=True)
    fates = set_fates(sets, files, answers, applications)
    of_files = fates.filter(pl.col("set_control") == 0).select(*FILE, "fate")
    files = files.join(of_files, on=FILE, how="left", maintain_order="left")
    return Standing(with_sound(told_fates(told, fates, applications), answers, applications), files)
