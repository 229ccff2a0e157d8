"""Segments of the layout as string columns: elements joined, null elements empty, trailing empty ones left off."""

import polars as pl

from formats.edi834.layout import FUNCTION_OF_ROLE, OLD_ROLES, Element, Segment
from formats.edi834.prepare import sent_end
from formats.edi834.profile import OLD_VERSION, Profile


def spell(frame: pl.DataFrame, segments: dict[str, Segment], profile: Profile) -> pl.DataFrame:
    """The frame with a text column for each segment that any row has; null where a row has none of it.

    Columns without a single value count as absent, so that what nobody has costs nothing.
    """
    empty = {c for c in frame.columns if frame[c].null_count() == frame.height}
    made = {name: _segment(frame, one, empty, profile) for name, one in segments.items()}
    return frame.with_columns(text.alias(name) for name, text in made.items() if text is not None)


def _segment(frame: pl.DataFrame, segment: Segment, empty: set[str], profile: Profile) -> pl.Expr | None:
    def there(element: Element) -> bool:
        return any(c in frame.columns and c not in empty for c in element.columns)

    data = [c for c in segment.columns if c in frame.columns and c not in empty]
    made = [e for e in segment.elements if e.kind == "made" and there(e)]
    if (segment.key is not None and segment.key not in data) or not (data or made):
        return None
    elements = list(segment.elements)
    while elements[-1].kind not in ("literal",) and not there(elements[-1]):
        elements.pop()
    parts = [_text(frame, e, profile) if there(e) or e.kind == "literal" else pl.lit("") for e in elements]
    body = pl.concat_str(pl.lit(segment.name), *parts, separator=profile.element)
    last = elements[-1]
    if not (last.kind == "literal" or segment.key in last.columns):
        body = body.str.strip_chars_end(profile.element)
    whole = body + profile.segment_end
    decides = [segment.key] if segment.key else data + [c for e in made for c in e.columns if c.startswith("per")]
    if any(frame[c].null_count() == 0 for c in decides) or not decides:
        return whole
    return pl.when(pl.any_horizontal(pl.col(c).is_not_null() for c in decides)).then(whole)


def _text(frame: pl.DataFrame, element: Element, profile: Profile) -> pl.Expr:
    """One element as text, never null."""
    columns = element.columns
    match element.kind:
        case "literal":
            text = pl.lit(element.literal)
        case "mark":
            text = _full(frame, columns[0], pl.lit(element.literal))
        case "composite":
            parts = [pl.col(c).fill_null("") for c in columns]
            text = pl.concat_str(*parts, separator=profile.component).str.strip_chars_end(profile.component)
        case "repeat":
            marks = [profile.component, profile.repetition]
            text = pl.col(columns[0]).str.replace_many([":", "^"], marks).fill_null("")
        case "range_mark":
            kind = pl.when(pl.col(columns[1]).is_not_null()).then(pl.lit("RD8")).otherwise(pl.lit("D8"))
            text = _full(frame, columns[0], kind)
        case "range":
            until = pl.concat_str(day(columns[0]), pl.lit("-"), day(columns[1]))
            text = pl.coalesce(until, day(columns[0])).fill_null("")
        case _:
            text = _full(frame, columns[0], _value(frame, columns[0]))
    return text


def _full(frame: pl.DataFrame, column: str, text: pl.Expr) -> pl.Expr:
    if frame[column].null_count() == 0:
        return text
    return pl.when(pl.col(column).is_not_null()).then(text).otherwise(pl.lit(""))


def _value(frame: pl.DataFrame, column: str) -> pl.Expr:
    dtype = frame.schema[column]
    if dtype == pl.Date:
        return day(column)
    if column == "cents" or column.endswith("_cents"):
        cents = pl.col(column)
        return pl.concat_str((cents // 100).cast(pl.String), pl.lit("."), (cents % 100).cast(pl.String).str.zfill(2))
    return pl.col(column) if dtype == pl.String else pl.col(column).cast(pl.String)


def day(column: str) -> pl.Expr:
    """A date as CCYYMMDD."""
    return pl.col(column).dt.strftime("%Y%m%d")


def ready_members(members: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Members with the columns that are made: yes, person, who_kind, per; and the end as the partner means it."""
    kind = pl.lit("34" if profile.member_identifier == "ssn" else "ZZ")
    further = "phone_kind" in members.columns
    phone_kind = pl.col("phone_kind").fill_null("TE") if further else pl.lit("TE")
    pairs = [_pair(phone_kind, "phone", profile), _pair(pl.lit("EM"), "email", profile)]
    if further:
        pairs += [_pair(pl.col(f"kind{n}"), f"number{n}", profile) for n in (2, 3)]
    person = pl.when("corrects").then(pl.lit("74")).otherwise(pl.lit("IL")) if further else pl.lit("IL")
    return members.with_columns(
        pl.when("is_subscriber").then(pl.lit("Y")).otherwise(pl.lit("N")).alias("yes"),
        person.alias("person"),
        pl.when(pl.col("who").is_not_null()).then(kind).alias("who_kind"),
        _pairs(pairs, profile).alias("per"),
        sent_end("eligibility_end", profile.end_date),
    )


def ready_extra(frame: pl.DataFrame, owner: list[str], profile: Profile) -> pl.DataFrame:
    """An extra with the columns that are made: number (within its owner), function and per."""
    if "kind1" in frame.columns:
        pairs = [_pair(pl.col(f"kind{n}"), f"number{n}", profile) for n in (1, 2, 3)]
        frame = frame.with_columns(_pairs(pairs, profile).alias("per"))
    if "kind4" in frame.columns:
        pairs = [_pair(pl.col(f"kind{n}"), f"number{n}", profile) for n in (4, 5, 6)]
        frame = frame.with_columns(_pairs(pairs, profile).alias("per2"))
    if "contact" in frame.columns:
        known, functions = list(FUNCTION_OF_ROLE), list(FUNCTION_OF_ROLE.values())
        function = pl.col("role").replace_strict(known, functions, default="RP", return_dtype=pl.String)
        frame = frame.with_columns(pl.when(pl.col("per").is_not_null()).then(function).alias("function"))
        if profile.version == OLD_VERSION:
            frame = frame.with_columns(pl.col("role").replace(OLD_ROLES))
    return frame.with_columns((pl.int_range(pl.len()).over(owner) + 1).alias("number"))


def _pair(kind: pl.Expr, number: str, profile: Profile) -> pl.Expr:
    return pl.when(pl.col(number).is_not_null()).then(pl.concat_str(kind, pl.lit(profile.element), pl.col(number)))


def _pairs(pairs: list[pl.Expr], profile: Profile) -> pl.Expr:
    joined = pl.concat_str(*pairs, separator=profile.element, ignore_nulls=True)
    return pl.when(joined != "").then(joined)
