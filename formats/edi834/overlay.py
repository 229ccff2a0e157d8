"""A partner's code maps, constants and forbidden elements, laid over prepared frames."""

import polars as pl

from formats.edi834.extras import EXTRAS
from formats.edi834.places import Place, find
from formats.edi834.profile import Profile

Frames = dict[str, pl.DataFrame]


def overlay(frames: Frames, profile: Profile) -> Frames:
    """The frames as this partner's places ask: codes mapped, then constants set, then forbidden elements left out.

    A code that its map does not hold stays as it is, and `partner_rules` reports it.
    """
    for text, codes in profile.codes.items():
        frames = _mapped(frames, _known(text), codes)
    for text, value in profile.constant.items():
        frames = _set(frames, _known(text), value)
    for text in profile.forbidden:
        frames = _without(frames, _known(text))
    return frames


def _known(text: str) -> Place:
    place = find(text)
    assert place is not None  # noqa: S101 - the profile's validator has looked it up
    return place


def _rows(place: Place) -> pl.Expr:
    return pl.lit(value=True) if place.rows is None else place.rows


def _changed(frames: Frames, place: Place, change: dict[str, pl.Expr]) -> Frames:
    frame = frames.get(place.frame)
    if frame is None:
        return frames
    done = frame.with_columns(
        pl.when(_rows(place)).then(value).otherwise(pl.col(column)).alias(column)
        for column, value in change.items()
        if column in frame.columns
    )
    return frames | {place.frame: done}


def _mapped(frames: Frames, place: Place, codes: dict[str, str]) -> Frames:
    column = place.columns[-1]
    return _changed(frames, place, {column: pl.col(column).replace(codes)})


def _set(frames: Frames, place: Place, value: str) -> Frames:
    if place.flat is None:
        return _changed(frames, place, {place.columns[-1]: pl.lit(value)})
    owners = frames["coverages" if place.on_coverage else "members"]
    held = pl.lit(None, pl.String)
    if place.on_coverage:  # a coverage that rows name needs a key
        owners = _keyed(owners)
        frames = frames | {"coverages": owners}
        held = pl.col("coverage_key")
    made = owners.filter(pl.col("row").is_not_null()).select(
        "member_key", "row", coverage_key=held, qualifier=pl.lit(place.flat), value=pl.lit(value), dirty=pl.lit("")
    )
    before = frames.get(place.frame)
    if before is not None:
        kept = before.filter(~_rows(place).fill_null(value=False))
        made = pl.concat([kept, made.select(kept.columns)])
    return frames | {place.frame: made}


def _keyed(coverages: pl.DataFrame) -> pl.DataFrame:
    own = pl.format("#{}.{}", "row", pl.int_range(pl.len()))
    return coverages.with_columns(pl.coalesce("coverage_key", own).alias("coverage_key"))


def _without(frames: Frames, place: Place) -> Frames:
    frame = frames.get(place.frame)
    if frame is None:
        return frames
    if place.frame in EXTRAS and (place.flat is not None or not _kept(place)):
        return frames | {place.frame: frame.filter(~_rows(place).fill_null(value=False))}
    nothing = {c: pl.lit(None, frame.schema.get(c)) for c in place.columns}
    return _changed(frames, place, nothing)


def _kept(place: Place) -> bool:
    """Whether rows stay when these columns are gone: not when one of them is the row's key."""
    return not {"role", "qualifier", "kind", "payer_order", "plan", "class1"} & set(place.columns)
