"""The frames of an enrollment as one partner is to see them: spelled, defaulted, and in the order of the file."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from formats.edi834.codes import LINES, SPOUSES
from formats.edi834.extras import EXTRAS, ON_COVERAGE
from formats.edi834.overlay import overlay
from formats.edi834.profile import EndDate, Profile
from formats.edi834.schema import Enrollment
from formats.edi834.text import illegal, replaced, spelled

MEMBER_TEXT = [
    "subscriber_id", "policy_number", "last_name", "first_name", "middle_name", "name_suffix", "member_id",
    "address1", "address2", "city", "state", "zip", "phone", "email",
]  # fmt: skip
COVERAGE_TEXT = ["plan_code", "policy_number"]
CODES = [
    "relationship", "maintenance_type", "maintenance_reason", "benefit_status", "employment_status", "gender",
    "marital_status",
]  # fmt: skip
_AS_THEY_ARE = ("member_key", "coverage_key", "race", "service_types")  # keys, and texts with marks of their own


@dataclass(frozen=True)
class Prepared:
    """Frames ready for the rules and for the writer.

    members: MEMBERS and, when there are any, the columns of details; `row` (order in the file), `who` (what NM109
    carries), `whose` (what REF*0F carries), `dirty` (names of columns that held illegal characters, blank-separated;
    they are replaced) and `family_row`. coverages: COVERAGES plus `row` of the member (null when there is none),
    `place` (order among all coverages), `sent_tier`, `dirty`. extras: those with rows, each with `row`, `place`
    (where it hangs on a coverage) and `dirty`, in file order.
    """

    members: pl.DataFrame
    coverages: pl.DataFrame
    extras: dict[str, pl.DataFrame] = field(default_factory=dict)

    def frames(self) -> dict[str, pl.DataFrame]:
        """All of them by name."""
        return {"members": self.members, "coverages": self.coverages, **self.extras}


def sent_end(column: str, meaning: EndDate) -> pl.Expr:
    """An end date as the partner means it, from our first day not covered."""
    return pl.col(column).dt.offset_by("-1d") if meaning == "last_day_covered" else pl.col(column)


def our_end(column: str, meaning: EndDate) -> pl.Expr:
    """The first day not covered, from an end date as the partner means it."""
    return pl.col(column).dt.offset_by("1d") if meaning == "last_day_covered" else pl.col(column)


def prepare(enrollment: Enrollment, profile: Profile) -> Prepared:
    """Spell, default and order the frames by the partner's profile. Pure; the same input gives the same rows.

    Order: families by subscriber id, then key; in each the subscriber, the spouse or partner, then the others
    oldest first. Coverages: medical, dental, vision, the rest, then plan code and begin. Extras: by their values.
    """
    return Arranged(enrollment, profile).part(0, enrollment.members.height)


class Arranged:
    """The order of a file as row numbers, so that it can be prepared part by part and memory stays flat."""

    def __init__(self, enrollment: Enrollment, profile: Profile) -> None:
        """Sort what decides the order: keys, ranks and birth dates."""
        self.enrollment, self.profile = enrollment, profile
        ordered = _order(enrollment.members, profile)
        self.families = ordered["subscriber_key"].rle_id().cast(pl.Int64)
        self._members = ordered["index"]
        self._owned = {"coverages": self._owners(enrollment.coverages, ordered)}
        for name, frame in enrollment.extras.items():
            if not frame.is_empty():
                self._owned[name] = self._owners(frame, ordered)

    def _owners(self, frame: pl.DataFrame, ordered: pl.DataFrame) -> tuple[np.ndarray, pl.DataFrame]:
        """The rows of a frame in the order of their members; those of nobody stand before the first."""
        rows = ordered.unique("member_key", keep="first", maintain_order=True).select("member_key", "row")
        owned = frame.select("member_key").with_row_index("index").join(
            rows, on="member_key", how="left", maintain_order="left"
        )  # fmt: skip
        owned = owned.select("index", "row").sort("row", nulls_last=False, maintain_order=True)
        return owned["row"].fill_null(-1).to_numpy(), owned

    def part(self, first: int, last: int) -> Prepared:
        """Members `first` to `last` of the file order, prepared, with all that is theirs."""
        row = pl.Series("row", np.arange(first, last, dtype=np.int64))
        members = self.enrollment.members[self._members.slice(first, last - first)]
        members = members.with_columns(row, self.families.slice(first, last - first).alias("family_row"))
        theirs = {name: self._of(name, first, last) for name in self._owned}
        details = theirs.pop("details", None)
        return _prepared(members, theirs.pop("coverages"), details, theirs, self.profile)

    def _of(self, name: str, first: int, last: int) -> pl.DataFrame:
        rows, owned = self._owned[name]
        start = 0 if first == 0 else int(np.searchsorted(rows, first))
        stop = int(np.searchsorted(rows, last))
        chosen = owned.slice(start, stop - start)
        frame = self.enrollment.coverages if name == "coverages" else self.enrollment.extras[name]
        return frame[chosen["index"]].with_columns(chosen["row"])


def _order(members: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Index (in the given frame), row, member_key and subscriber_key, in file order."""
    keys = ["member_key", "subscriber_key", "subscriber_id", "ssn", "is_subscriber", "relationship", "birth_date"]
    light = _plain_ids(spelled(members.select(keys), ["subscriber_id"], profile))
    light = replaced(light, ["subscriber_id"], profile).with_row_index("index")
    light = _identified(light, profile).with_columns(pl.col("relationship").str.strip_chars())
    rank = pl.when("is_subscriber").then(0).when(pl.col("relationship").is_in(SPOUSES)).then(1).otherwise(2)
    family = pl.col("whose").first().over("subscriber_key")
    ordered = light.select(
        "index", "member_key", "subscriber_key", "birth_date", rank.cast(pl.Int8).alias("_rank"), family.alias("_f")
    ).sort(["_f", "subscriber_key", "_rank", "birth_date", "member_key"], nulls_last=True)
    return ordered.select(
        "index", "member_key", "subscriber_key", row=pl.int_range(pl.len(), dtype=pl.Int64)
    )  # fmt: skip


def _plain_ids(members: pl.DataFrame) -> pl.DataFrame:
    return members.with_columns(
        pl.col("ssn").str.replace_all(r"[-\s]", "").replace("", None),
        pl.col("subscriber_key").fill_null(pl.col("member_key")),
    )


def _legal(frame: pl.DataFrame, columns: list[str], profile: Profile) -> pl.DataFrame:
    columns = [c for c in columns if frame[c].null_count() < frame.height]
    if not columns:
        return frame.with_columns(pl.lit("").alias("dirty"))
    clean = spelled(frame, columns, profile)
    if profile.charset == "basic" and "email" in columns:
        clean = clean.with_columns(pl.lit(None, pl.String).alias("email"))  # @ is not in the basic set
    marked = [pl.when(illegal(pl.col(c), profile)).then(pl.lit(c)) for c in columns]
    clean = clean.with_columns(pl.concat_str(marked, separator=" ", ignore_nulls=True).alias("dirty"))
    return replaced(clean, columns, profile)


def _prepared(
    members: pl.DataFrame,
    coverages: pl.DataFrame,
    details: pl.DataFrame | None,
    extras: dict[str, pl.DataFrame],
    profile: Profile,
) -> Prepared:
    members = _plain_ids(_legal(members, MEMBER_TEXT, profile)).with_columns(
        pl.col(CODES).str.strip_chars().replace("", None),
        pl.col("zip").str.replace_all(r"[-\s]", ""),
        pl.col("phone").str.replace_all(r"\D", "").replace("", None),
    )
    members = members.with_columns(
        pl.col("maintenance_type").fill_null(profile.member_maintenance),
        pl.col("maintenance_reason").fill_null(pl.lit(profile.reason, pl.String)),
        pl.col("benefit_status").fill_null("A"),
        pl.when(pl.col("birth_date").is_not_null()).then(pl.col("gender").fill_null("U")).alias("gender"),
    )
    members = _identified(members, profile)
    if details is not None and not details.is_empty():
        members = _with_details(members, details, profile)
    frames = {"members": members, "coverages": _coverages(coverages, profile)}
    frames |= {name: _extra(name, frame, profile) for name, frame in extras.items() if not frame.is_empty()}
    done = overlay(frames, profile)
    held = _placed(done.pop("coverages"))
    members = done.pop("members")
    hung = {name: _hung(name, frame, held) for name, frame in done.items()}
    if "insurers" in hung:
        others = hung.get("other_insurance", hung["insurers"].clear())
        hung["insurers"] = _under(hung["insurers"], others.select("row", "place", "other_no"))
    return Prepared(members, held, hung)


def _with_details(members: pl.DataFrame, details: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    clean = _extra("details", details, profile).drop("member_key").rename({"dirty": "_dirty"})
    one = clean.unique("row", keep="first", maintain_order=True)
    joined = members.join(one, on="row", how="left", maintain_order="left")
    both = pl.concat_str("dirty", "_dirty", separator=" ", ignore_nulls=True).str.strip_chars()
    return joined.with_columns(both.alias("dirty")).drop("_dirty")


def _coverages(coverages: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    coverages = _legal(coverages, COVERAGE_TEXT, profile).with_columns(
        pl.col("maintenance_type", "line", "tier", "late").str.strip_chars().replace("", None)
    )
    return coverages.with_columns(
        pl.col("maintenance_type").fill_null(profile.coverage_maintenance),
        pl.col("tier")
        .replace_strict(list(profile.tiers), list(profile.tiers.values()), default=None, return_dtype=pl.String)
        .alias("sent_tier"),
    )


def _placed(coverages: pl.DataFrame) -> pl.DataFrame:
    """In file order, with `place`."""
    rank = pl.col("line").replace_strict(LINES, range(len(LINES)), default=len(LINES)).alias("_rank")
    order = ["row", "_rank", "plan_code", "begin", "sent_tier", "maintenance_type", "premium_cents", "coverage_key"]
    ordered = coverages.with_columns(rank).sort(order, maintain_order=True).drop("_rank")
    return ordered.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))


def _extra(name: str, frame: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """An extra spelled like the rest; ends as the partner means them."""
    text = [c for c, dtype in EXTRAS[name].items() if dtype == pl.String and c not in _AS_THEY_ARE]
    clean = _legal(frame, text, profile)
    if "end" in clean.columns:
        clean = clean.with_columns(sent_end("end", profile.end_date))
    return clean


def _hung(name: str, frame: pl.DataFrame, coverages: pl.DataFrame) -> pl.DataFrame:
    """With `place` of its coverage (-1: none of that name), in the order of its values."""
    order = [c for c in EXTRAS[name] if c not in ("member_key", "coverage_key")]
    if name not in ON_COVERAGE:
        return frame.sort("row", *order, maintain_order=True)
    places = coverages.filter(pl.col("coverage_key").is_not_null()).select("coverage_key", "place", _row="row")
    known = places.unique("coverage_key", keep="first", maintain_order=True)
    hung = frame.join(known, on="coverage_key", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("coverage_key").is_not_null() & (pl.col("row") != pl.col("_row")).fill_null(value=True))
        .then(-1)
        .otherwise("place")
        .alias("place")
    )
    return hung.drop("_row").sort("row", "place", *order, maintain_order=True)


def _under(insurers: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """With place -1 where there is no other insurance of that number."""
    known = others.unique().with_columns(pl.lit(value=True).alias("_known"))
    found = insurers.join(known, on=["row", "place", "other_no"], how="left", maintain_order="left")
    return found.with_columns(pl.when("_known").then("place").otherwise(-1).alias("place")).drop("_known")


def _identified(members: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Add what NM109 (`who`) and REF*0F (`whose`) carry for this partner."""
    if profile.subscriber_reference == "ssn":
        heads = members.filter("is_subscriber").unique("subscriber_key", keep="first", maintain_order=True)
        whose = heads.select("subscriber_key", pl.col("ssn").alias("whose"))
        members = members.join(whose, on="subscriber_key", how="left", maintain_order="left")
    else:
        members = members.with_columns(pl.col("subscriber_id").alias("whose"))
    chosen = None if profile.member_identifier == "none" else profile.member_identifier
    who = pl.lit(None, pl.String) if chosen is None or chosen not in members.columns else pl.col(chosen)
    return members.with_columns(who.alias("who"))
