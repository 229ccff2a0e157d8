"""What became of what a vendor was told: accepted, refused or open, per file, set and member. Pure.

The highest authority that speaks decides: a void file and a refusing TA1 kill everything; a 999 speaks for its sets,
where it names none for the whole group; an 824 for a member, a set or the file. Refusals outlast acceptances, whatever
the order in which they come and however often. What nobody spoke of is open, unless this vendor never answers: then
what was sent counts as heard.
"""

from __future__ import annotations

import polars as pl

FILE = ["company_id", "file_id"]
SET = [*FILE, "set_control"]
ACCEPTED, REFUSED, OPEN = "accepted", "refused", "open"


def set_fates(
    sets: pl.DataFrame, files: pl.DataFrame, answers: pl.DataFrame, applications: pl.DataFrame
) -> pl.DataFrame:
    """The state of every set: SET, fate (accepted, refused, open).

    Args:
        sets: SET of everything told; set_control 0 stands for a file without sets.
        files: FILE, void, sent, rejected (by an event), answers_expected.
        answers: FILE, level (interchange, group, set), control_number, outcome (accepted, partial, refused, silent).
        applications: FILE, set_control (0: the file), person_id (0: everybody), refused, of 824s.
    """

    def any_of(level: str, outcome: str) -> pl.Expr:
        return ((pl.col("level") == level) & (pl.col("outcome") == outcome)).any()

    of_file = answers.group_by(FILE).agg(
        any_of("interchange", REFUSED).alias("dead"),
        any_of("group", REFUSED).alias("group_refused"),
        any_of("group", "partial").alias("group_partial"),
        any_of("group", ACCEPTED).alias("group_accepted"),
        any_of("set", REFUSED).alias("some_refused"),
        any_of("set", ACCEPTED).alias("some_accepted"),
    )
    of_set = (
        answers.filter(pl.col("level") == "set")
        .group_by(*FILE, pl.col("control_number").alias("set_control"))
        .agg(any_of("set", REFUSED).alias("refused"), any_of("set", ACCEPTED).alias("taken"))
    )
    spoken = (
        applications.filter(pl.col("person_id") == 0)
        .group_by(SET)
        .agg(pl.col("refused").any().alias("said_no"), (~pl.col("refused")).any().alias("said_yes"))
    )
    whole = spoken.filter(pl.col("set_control") == 0).select(*FILE, file_no="said_no", file_yes="said_yes")
    flags = ["dead", "group_refused", "group_partial", "group_accepted", "some_refused", "some_accepted", "refused",
             "taken", "said_no", "said_yes", "file_no", "file_yes"]  # fmt: skip
    known = (
        sets.join(files, on=FILE, how="left", maintain_order="left")
        .join(of_file, on=FILE, how="left", maintain_order="left")
        .join(of_set, on=SET, how="left", maintain_order="left")
        .join(spoken, on=SET, how="left", maintain_order="left")
        .join(whole, on=FILE, how="left", maintain_order="left")
        .with_columns(pl.col(*flags, "void", "sent", "rejected").fill_null(value=False))
    )
    # Of a file told as a whole the sets' verdicts speak too; of a set only its own.
    alone = pl.col("set_control") == 0
    no = pl.col("refused") | pl.col("said_no") | pl.col("file_no") | (alone & pl.col("some_refused"))
    yes = pl.col("taken") | pl.col("said_yes") | pl.col("file_yes")
    spoke = pl.any_horizontal(flags)
    fate = (
        pl.when(pl.col("void") | pl.col("dead") | pl.col("group_refused") | no)
        .then(pl.lit(REFUSED))
        .when(alone & pl.col("group_partial"))
        .then(pl.lit(REFUSED))
        .when(yes | (alone & pl.col("some_accepted")))
        .then(pl.lit(ACCEPTED))
        .when(pl.col("group_partial"))  # the sets it does not name were not among the accepted ones
        .then(pl.lit(REFUSED))
        .when("group_accepted")
        .then(pl.lit(ACCEPTED))
        .when(pl.col("rejected") & ~spoke)
        .then(pl.lit(REFUSED))
        .when(pl.col("sent") & ~pl.col("answers_expected"))
        .then(pl.lit(ACCEPTED))
        .otherwise(pl.lit(OPEN))
    )
    return known.select(*SET, fate.alias("fate"))


def told_fates(told: pl.DataFrame, fates: pl.DataFrame, applications: pl.DataFrame) -> pl.DataFrame:
    """Add `fate` to what was told of members: that of its set, unless an 824 refused the member.

    Args:
        told: SET, person_id and whatever else.
        fates: as `set_fates` returns them.
        applications: as for `set_fates`.
    """
    single = (
        applications.filter(pl.col("person_id") != 0)
        .group_by(*FILE, "person_id")
        .agg(pl.col("refused").any().alias("said_no"))
    )
    return (
        told.join(fates, on=SET, how="left", maintain_order="left")
        .join(single, on=[*FILE, "person_id"], how="left", maintain_order="left")
        .with_columns(
            pl.when("said_no")
            .then(pl.lit(REFUSED))
            # An 824 that takes a member says that the file has arrived, and no more than that of the others.
            .when(pl.col("said_no").is_not_null() & (pl.col("fate") == OPEN))
            .then(pl.lit(ACCEPTED))
            .otherwise("fate")
            .alias("fate")
        )
        .drop("said_no")
    )


def with_sound(told: pl.DataFrame, answers: pl.DataFrame, applications: pl.DataFrame) -> pl.DataFrame:
    """Add `sound`: false of what was told while an earlier version counted as accepted that was refused afterwards.

    Such a version left out what the vendor seemed to hold, so its acceptance does not say what the vendor holds.

    Args:
        told: as `told_fates` returns it, with partner, subscription_id, version and run_no (of the night).
        answers: as for `set_fates`, with run_no (of the hearing).
        applications: as for `set_fates`, with run_no.
    """
    said = [
        answers.filter(pl.col("outcome").is_in([ACCEPTED, REFUSED]) & (pl.col("level") != "interchange")).select(
            *FILE, "run_no", refused=pl.col("outcome") == REFUSED
        ),
        answers.filter((pl.col("outcome") == REFUSED) & (pl.col("level") == "interchange")).select(
            *FILE, "run_no", refused=pl.lit(value=True)
        ),
        applications.select(*FILE, "run_no", "refused"),
    ]
    spans = (
        pl.concat(said)
        .group_by(FILE)
        .agg(
            pl.col("run_no").filter(~pl.col("refused")).min().alias("taken_in"),
            pl.col("run_no").filter("refused").max().alias("refused_in"),
        )
        .filter(pl.col("taken_in") < pl.col("refused_in"))
    )
    key = ["company_id", "partner", "person_id", "subscription_id"]
    undone = (
        told.filter(pl.col("fate") == REFUSED)
        .join(spans, on=FILE, how="inner")
        .select(*key, "taken_in", "refused_in", before="version")
    )
    meant = (
        told.join(undone, on=key, how="inner")
        .filter(
            (pl.col("version") > pl.col("before"))
            & pl.col("run_no").is_between("taken_in", "refused_in", closed="none")
        )
        .select(*key, "version", sound=pl.lit(value=False))
        .unique()
    )
    return told.join(meant, on=[*key, "version"], how="left", maintain_order="left").with_columns(
        pl.col("sound").fill_null(value=True)
    )
