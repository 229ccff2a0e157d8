"""What an ACH stream says, as tables a person reads: files, control totals, batches, entries, what came back, addenda.

Accounts and ids by their last four; names, payment text and addresses not at all. Codes stand with their words.
"""

from __future__ import annotations

import polars as pl

from formats import nacha
from formats.nacha.codes import ACCOUNT_TYPE_BY_CODE, CHANGE_CODES, RETURN_CODES, direction, use
from formats.nacha.enrich import entries_with_facts, recount_batches, recount_files
from formats.nacha.masking import last_four

_SERVICE = {200: "debits and credits", 220: "credits", 225: "debits", 280: "advices"}
# What a control record says, and the same recounted.
_CONTROLS = {"batches": "batches", "blocks": "blocks", "count": "entries and addenda", "hash": "entry hash",
             "debit_cents": "debits", "credit_cents": "credits"}  # fmt: skip
_ADDENDA = {
    "02": "terminal", "05": "payment information", "10": "IAT: payment and receiver", "11": "IAT: originator",
    "12": "IAT: originator's place", "13": "IAT: sending bank", "14": "IAT: receiving bank", "15": "IAT: receiver",
    "16": "IAT: receiver's place", "17": "IAT: payment information", "18": "IAT: correspondent bank",
    "98": "notice of change", "98R": "refused notice of change", "99": "return", "99D": "dishonored return",
    "99C": "contested dishonored return",
}  # fmt: skip
_STOP = {"yes": "stop billing it", "hold": "hold until the cause is cured", "review": "a person looks at it"}
_CAME_BACK = ["99", "99D", "99C"]


def ach_view(found: nacha.Nacha) -> tuple[dict[str, int], dict[str, pl.DataFrame]]:
    """Count a stream and make its tables.

    Args:
        found: what `nacha.read` gave, not masked.

    Returns:
        files, batches, entries, addenda, debit_cents and credit_cents, recounted from the records; and by title: Files,
        Control totals, Batches, Entries, Returns, Notices of change, Other addenda. Columns that end in `_cents` are
        cents; a line is the physical line.
    """
    counted = recount_batches(found, entries_with_facts(found))
    shown = nacha.masked(found)
    counts = {
        "files": found.file.height,
        "batches": found.batches.height,
        "entries": found.entries.height,
        "addenda": found.addenda.height,
        "debit_cents": int(counted["debit_cents"].sum()),
        "credit_cents": int(counted["credit_cents"].sum()),
    }
    return counts, {
        "Files": _files(shown),
        "Control totals": _controls(found, counted),
        "Batches": _batches(shown, counted),
        "Entries": _entries(shown),
        "Returns": _returns(shown),
        "Notices of change": _notices(found),
        "Other addenda": _others(shown),
    }


def _files(shown: nacha.Nacha) -> pl.DataFrame:
    return shown.file.select(
        pl.col("file") + 1, "line", "destination", "destination_name", "origin", "origin_name", "creation_date",
        "creation_time", "modifier", "reference",
    )  # fmt: skip


def _controls(found: nacha.Nacha, counted: pl.DataFrame) -> pl.DataFrame:
    """What each file's control says against its own records, a row per figure."""
    recounted = recount_files(found, counted)
    rows = [
        found.file.select(
            pl.col("file") + 1,
            line="control_line",
            figure=pl.lit(words),
            in_control=_shown(pl.col(f"control_{name}"), name),
            recounted=_shown(recounted[name], name),
            agrees=(pl.col(f"control_{name}") == recounted[name]).fill_null(value=False),
        )
        for name, words in _CONTROLS.items()
    ]
    return pl.concat(rows).sort("file", maintain_order=True)


def _shown(value: pl.Expr | pl.Series, name: str) -> pl.Expr:
    cents = value if isinstance(value, pl.Expr) else pl.lit(value)
    if not name.endswith("_cents"):
        return cents.cast(pl.String)
    return (cents // 100).cast(pl.String) + "." + (cents % 100).cast(pl.String).str.zfill(2)


def _batches(shown: nacha.Nacha, counted: pl.DataFrame) -> pl.DataFrame:
    figures = ("count", "hash", "debit_cents", "credit_cents")
    agrees = pl.all_horizontal(pl.col(f"control_{name}") == counted[name] for name in figures)
    return shown.batches.select(
        pl.col("file") + 1, "line", "batch_number",
        pl.col("service_class").replace_strict(_SERVICE, default=None).alias("service"), "sec", "company_name",
        "company_id", "entry_description", "descriptive_date", "effective_entry_date", "settlement_day", "odfi",
        entries=counted["entries"], debit_cents=counted["debit_cents"], credit_cents=counted["credit_cents"],
        controls_agree=agrees.fill_null(value=False),
    )  # fmt: skip


def _entries(shown: nacha.Nacha) -> pl.DataFrame:
    code = pl.col("transaction_code")
    known = pl.when(code.is_between(0, 99)).then(code)
    words = pl.concat_str(pl.lit(ACCOUNT_TYPE_BY_CODE).gather(known), direction(), separator=" ")
    kind = use()
    numbers = shown.batches.select("batch", "batch_number")
    addenda = shown.addenda.group_by("entry").agg(addenda=pl.len().cast(pl.Int64))
    return (
        shown.entries.join(numbers, on="batch", how="left", maintain_order="left")
        .join(addenda, on="entry", how="left", maintain_order="left")
        .select(
            "line", "batch_number", "transaction_code",
            meaning=pl.when(kind == "live").then(words).otherwise(pl.concat_str(words, kind, separator=", ")),
            rdfi="rdfi", account="account", amount_cents="amount_cents", individual_id="individual_id",
            trace_number="trace_number", addenda=pl.col("addenda").fill_null(0),
        )
    )  # fmt: skip


def _of_entries(shown: nacha.Nacha, kinds: list[str]) -> pl.DataFrame:
    """Addenda of these kinds beside the amount and account of the entry they follow."""
    of_entry = shown.entries.select("entry", "account", "amount_cents", "sec")
    return shown.addenda.filter(pl.col("kind").is_in(kinds)).join(
        of_entry, on="entry", how="left", maintain_order="left"
    )


def _returns(shown: nacha.Nacha) -> pl.DataFrame:
    about = RETURN_CODES.unique("return_code", keep="first").select(
        "return_code",
        "title",
        class_="class",
        then=pl.col("stop_plan").replace_strict(_STOP, default=""),
        again=pl.when("retry_allowed").then(pl.lit("yes")).otherwise(pl.col("retry").fill_null("no")),
    )
    title = dict(about.select("return_code", "title").iter_rows())
    answered = "R" + pl.col("return_reason").str.strip_chars(" ")
    meaning = pl.col("title").fill_null("not a code of the standard: a person looks at it")
    return (
        _of_entries(shown, _CAME_BACK)
        .join(about, on="return_code", how="left", maintain_order="left")
        .with_columns(
            meaning=pl.when(pl.col("return_reason").fill_null("") != "")
            .then(pl.format("{}, of {} {}", meaning, answered, answered.replace_strict(title, default="")))
            .otherwise(meaning)
        )
        .select(
            "line", pl.col("kind").replace_strict(_ADDENDA, default=None).alias("what"), "return_code", "class_",
            try_again="again", billing="then", amount_cents="amount_cents", account="account",
            original_trace="original_trace", original_rdfi="original_rdfi", date_of_death="date_of_death",
            meaning="meaning",  # a sentence, so it stands last
        )
    )  # fmt: skip


def _notices(found: nacha.Nacha) -> pl.DataFrame:
    """Notices with what they want changed; a new account by its last four, a new name not at all."""
    titles = dict(CHANGE_CODES.select("change_code", "title").iter_rows())
    noted = _of_entries(found, ["98", "98R"])
    of_iat = found.batches.select("batch", iat=pl.col("company_name") == "IATCOR")
    noted = noted.join(of_iat, on="batch", how="left", maintain_order="left")
    told = nacha.parse_corrected_data(noted.with_columns(pl.col("iat").fill_null(value=False)))
    new_name = pl.col("new_name").fill_null("") != ""
    parts = [
        pl.when(pl.col(name).fill_null("") != "").then(pl.format(words, pl.col(name)))
        for name, words in (
            ("new_routing", "routing {}"), ("new_account", "account {}"),
            ("new_transaction_code", "transaction code {}"), ("new_individual_id", "id {}"),
            ("new_bank_id", "bank {}"), ("new_sec", "SEC code {}"),
        )
    ]  # fmt: skip
    masked = (
        pl.when(pl.col(name).is_not_null()).then(last_four(name)).alias(name)
        for name in ("new_account", "new_individual_id")
    )
    text = told.with_columns(pl.col("new_transaction_code").cast(pl.String), *masked)
    return text.select(
        "line",
        pl.col("kind").replace_strict(_ADDENDA, default=None).alias("what"),
        "change_code",
        meaning=pl.col("change_code").replace_strict(titles, default="not a code of the standard"),
        new=pl.concat_str(*parts, pl.when(new_name).then(pl.lit("name ****")), separator=", ", ignore_nulls=True),
        original_trace="original_trace",
        original_rdfi="original_rdfi",
        refuses="refused_change_code",
        can_not_be_applied="reason",
    )


def _others(shown: nacha.Nacha) -> pl.DataFrame:
    rest = shown.addenda.filter(~pl.col("kind").is_in([*_CAME_BACK, "98", "98R"]).fill_null(value=False))
    what = pl.col("kind").replace_strict(_ADDENDA, default="of no kind the standard knows")
    return rest.select(
        "line", "type_code", what.alias("what"), "sequence", "entry_sequence",
    )  # fmt: skip
