"""Filling in what follows from the rest: numbers, indicators, positions and control totals.

`completed(x)` is exactly what `read(write(x))` gives back. A value that is already there is kept, so that
the rules can judge it; only the controls, the lines and a batch's class after an offset are always computed.
"""

import polars as pl

from formats.errors import FormatError
from formats.nacha.bytesof import routing_facts
from formats.nacha.codes import direction
from formats.nacha.enrich import count_at, count_by_batch, entries_with_facts, recount_batches, recount_files, spread
from formats.nacha.fields import Layout
from formats.nacha.layouts import BATCH_HEADER, BATCH_HEADER_OF, ENTRY, FILE_HEADER, family_of_batch
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND, addenda_key
from formats.nacha.offsets import with_offsets
from formats.nacha.placing import with_lines
from formats.nacha.profile import STRICT, Profile
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, FILE, Nacha, shaped
from formats.problems import problems

_COUNTED = ("counted", "acknowledged_counted")
_NUMBERED = ("05", "17", "18")
# Told by other columns, or by nobody: these are not blank because a caller left them out.
_COMPUTED = ("check_digit", "type_code")
_FIXED_HEADER = {"priority": "01", "record_size": "094", "blocking_factor": "10", "format_code": "1"}


def completed(nacha: Nacha, profile: Profile = STRICT) -> Nacha:
    """Make of `nacha` what `read(write(nacha, profile))` gives back: see `with_facts` for what is filled.

    Raises:
        FormatError: as `with_facts` does.
    """
    return with_facts(nacha, profile)[0]


def with_facts(nacha: Nacha, profile: Profile) -> tuple[Nacha, pl.DataFrame]:
    """Fill the columns a caller may leave null and compute lines and controls; also the `entries_with_facts`.

    Filled when null: check digits, addenda indicators and counts, service classes, batch numbers (1, 2, ...
    in each file), originator status, addenda sequences and traces. Entries must stand in the order of their
    batches, addenda in the order of their entries.

    Raises:
        FormatError: a frame has foreign columns, or rows point to a file, batch or entry that is not there
            or stand out of order.
    """
    file = shaped(nacha.file, FILE)
    batches = shaped(nacha.batches, BATCHES)
    entries = shaped(nacha.entries, ENTRIES)
    addenda = shaped(nacha.addenda, ADDENDA)
    for name, frame, parent, within in (
        ("batches", batches, "file", file.height),
        ("entries", entries, "batch", batches.height),
        ("addenda", addenda, "entry", entries.height),
    ):
        _must_follow(name, frame[parent], within)
    parts = Nacha(file, batches, entries, addenda, problems())
    if profile.offset is not None:
        parts = with_offsets(parts, profile.offset)
    routing = routing_facts(parts.entries["rdfi"])
    placed = with_lines(_filled(parts, routing["expected_digit"]), profile)
    facts = entries_with_facts(placed, routing)
    return _with_controls(placed, facts), facts


def _must_follow(name: str, parent: pl.Series, within: int) -> None:
    if parent.is_empty():
        return
    low, high = parent.min(), parent.max()
    if parent.null_count() or not isinstance(low, int) or not isinstance(high, int) or low < 0 or high >= within:
        raise FormatError(f"nacha.write.order: some {name} name no {parent.name} of this file")
    if not parent.is_sorted():
        raise FormatError(f"nacha.write.order: {name} must stand in the order of their {parent.name}")


def _numbered(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(name))


def _blanks(layouts: dict[str, Layout], key: pl.Expr) -> list[pl.Expr]:
    """Fill text that is missing with blanks, in those rows alone whose layout (told by `key`) has the field."""
    holders: dict[str, list[str]] = {}
    for name, layout in layouts.items():
        for field in layout:
            if field.kind in ("text", "right", "digits") and field.name not in _COMPUTED:
                holders.setdefault(field.name, []).append(name)
    return [
        pl.col(name).fill_null("")
        if len(holding) == len(layouts)
        else pl.when(key.is_in(holding)).then(pl.col(name).fill_null("")).otherwise(name).alias(name)
        for name, holding in holders.items()
    ]


def _filled(parts: Nacha, check_digit: pl.Series) -> Nacha:
    file = _numbered(parts.file, "file").with_columns(
        *(pl.col(name).replace("", None).fill_null(value) for name, value in _FIXED_HEADER.items())
    )
    file = file.with_columns(_blanks({"": FILE_HEADER}, pl.lit("")))
    adv = pl.col("sec") == "ADV"
    batches = _numbered(parts.batches, "batch").with_columns(
        pl.col("originator_status").fill_null(pl.when(adv).then(pl.lit("0")).otherwise(pl.lit("1"))),
        pl.col("batch_number").fill_null(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("file")),
    )
    family = batches.select(family_of_batch().fill_null("standard").alias("family"))["family"]
    headers = {name: BATCH_HEADER_OF.get(name, BATCH_HEADER) for name in family.unique()}
    batches = batches.with_columns(_blanks(headers, pl.lit(family)))
    entries = parts.entries.with_columns(pl.col("check_digit").fill_null(pl.lit(check_digit)))
    entries = _filled_entries(_numbered(entries, "entry"), batches, family, parts.addenda)
    batches = _with_classes(batches, entries)
    return Nacha(file, batches, entries, _filled_addenda(parts.addenda, entries, family), parts.problems)


def _filled_entries(
    entries: pl.DataFrame, batches: pl.DataFrame, families: pl.Series, addenda: pl.DataFrame
) -> pl.DataFrame:
    if entries.is_empty():
        return entries
    about = pl.DataFrame([batches["sec"], families.alias("family")])
    sec, its = spread(about, entries["batch"])
    follow = payments = pl.lit(0, pl.Int64)
    if addenda.height:
        held = addenda["entry"].to_numpy()
        follow = pl.lit(pl.Series(count_at(held, entries.height)))
        payments = pl.lit(pl.Series(count_at(held, entries.height, ~addenda["kind"].str.starts_with("9"))))
    return entries.with_columns(
        *_blanks({name: ENTRY[name] for name in families.gather(entries["batch"].unique()).unique()}, its),
        sec=sec,
        addenda_indicator=pl.col("addenda_indicator").fill_null((follow > 0).cast(pl.Int64)),
        # An international entry counts all that follows it, its return's own addenda too.
        addenda_count=pl.col("addenda_count").fill_null(
            pl.when(its == "iat").then(follow).when(its.is_in(_COUNTED)).then(payments)
        ),
    )


def _with_classes(batches: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    if not batches["service_class"].null_count():
        return batches
    side = entries.select(direction()).to_series()
    out = batches.with_columns(
        debits=pl.Series(count_by_batch(batches.height, entries, side == "debit") > 0),
        credits=pl.Series(count_by_batch(batches.height, entries, side == "credit") > 0),
    )
    computed = (
        pl.when(pl.col("sec") == "ADV")
        .then(pl.lit(280, pl.Int64))
        .when(pl.col("debits") & pl.col("credits"))
        .then(pl.lit(200, pl.Int64))
        .when(pl.col("debits"))
        .then(pl.lit(225, pl.Int64))
        .otherwise(pl.lit(220, pl.Int64))
    )
    return out.with_columns(pl.col("service_class").fill_null(computed)).select(BATCHES.keys())


def _filled_addenda(addenda: pl.DataFrame, entries: pl.DataFrame, families: pl.Series) -> pl.DataFrame:
    if addenda.is_empty():
        return addenda
    at = addenda["entry"]
    trace, batch = entries["trace_number"].gather(at), entries["batch"].gather(at)
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("entry", "kind")
    kind, answer = pl.col("kind"), pl.col("kind").str.slice(0, 2).is_in(["98", "99"])
    out = _numbered(addenda, "addendum").with_columns(
        batch=pl.lit(batch),
        type_code=kind.str.slice(0, 2),
        sequence=pl.when(kind.is_in(_NUMBERED)).then(pl.col("sequence").fill_null(place)).otherwise("sequence"),
        entry_sequence=pl.when(answer)
        .then("entry_sequence")
        .otherwise(pl.col("entry_sequence").fill_null(pl.lit(trace.str.slice(8)))),
        trace_number=pl.when(answer).then(pl.col("trace_number").fill_null(pl.lit(trace))).otherwise("trace_number"),
    )
    keys = out.select(addenda_key(pl.lit(families.gather(batch))).alias("key"))["key"]
    layouts = {key: ADDENDA_BY_KIND.get(key, ()) for key in keys.drop_nulls().unique()}
    return out.with_columns(_blanks(layouts, pl.lit(keys)))


def _with_controls(parts: Nacha, facts: pl.DataFrame) -> Nacha:
    counted = recount_batches(parts, facts)
    told, adv = pl.col("control_company_id").fill_null(""), pl.col("sec") == "ADV"
    batches = parts.batches.with_columns(
        control_service_class=pl.col("service_class"),
        control_count=counted["count"],
        control_hash=counted["hash"],
        control_debit_cents=counted["debit_cents"],
        control_credit_cents=counted["credit_cents"],
        # The control of ADV has the operator's data there, and no place for the authentication code.
        control_company_id=pl.when(adv).then(told).otherwise("company_id"),
        control_authentication=pl.col("control_authentication").fill_null(pl.when(~adv).then(pl.lit(""))),
        control_odfi=pl.col("odfi"),
        control_batch_number=pl.col("batch_number"),
    )
    totals = recount_files(parts, counted)
    file = parts.file.with_columns(
        control_batches=totals["batches"],
        control_blocks=totals["blocks"],
        control_count=totals["count"],
        control_hash=totals["hash"],
        control_debit_cents=totals["debit_cents"],
        control_credit_cents=totals["credit_cents"],
    )
    return Nacha(file, batches, parts.entries, parts.addenda, parts.problems)
