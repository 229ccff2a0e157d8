"""The small frames out of a piece of an 834: flat ones a row per segment, the others a row per loop."""

import numpy as np
import polars as pl

from formats.edi834 import placing
from formats.edi834.extras import EXTRAS
from formats.edi834.layout import COVERAGE, EXTRA, MEMBER, OLD_INSURER, OLD_ROLES
from formats.edi834.reader_body import Body, bad_values, gathered, values
from formats.edi834.reader_left import repeated, unread
from formats.edi834.schema import conform

_ON_MEMBER = [placing.MEMBER, placing.NAME]
# frame -> loops its one segment stands in
_FLAT: dict[str, list[int]] = {
    "references": [*_ON_MEMBER, placing.COVERAGE],
    "dates": [*_ON_MEMBER, placing.COVERAGE],
    "amounts": [*_ON_MEMBER, placing.COVERAGE],
    "classes": _ON_MEMBER,
    "languages": _ON_MEMBER,
    "cards": [placing.COVERAGE],
}
# Qualifiers that are columns of members or of coverages: a second one of these is an oddity.
_OWN = {
    held: [s.qualifier for s in segments.values() if s.name in ("REF", "DTP", "AMT")]
    for held, segments in ((False, MEMBER), (True, COVERAGE))
}
_NODES = {
    "names": placing.OTHER_NAME, "disabilities": placing.DISABILITY, "providers": placing.PROVIDER,
    "other_insurance": placing.OTHER_INSURANCE, "insurers": placing.INSURER, "reporting": placing.REPORTING,
}  # fmt: skip


def extras_of(body: Body, found: list[pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The extras that the piece has rows of; members and coverages must have been read before."""
    made = {name: _flat(name, body, found) for name in _FLAT if EXTRA[name][0].name in body.by_id}
    loops = set(body.inside["loop"].unique())
    made |= {name: _nodes(name, body, found) for name, loop in _NODES.items() if loop in loops}
    if "names" in made and "role" in made["names"].columns:
        ours = {old: role for role, old in OLD_ROLES.items()}
        made["names"] = made["names"].with_columns(pl.col("role").replace(ours))
    insurers = [made[name] for name in ("insurers",) if name in made] + _old_insurers(body, found)
    if insurers:
        made["insurers"] = _numbered(pl.concat(insurers, how="diagonal_relaxed").sort("position"), body)
    if "other_insurance" in made:
        number = pl.int_range(1, pl.len() + 1).over("coverage_key").cast(pl.Int64)
        made["other_insurance"] = made["other_insurance"].with_columns(number.alias("other_no"))
    return {name: conform(frame, EXTRAS[name]) for name, frame in made.items() if not frame.is_empty()}


def _key(column: str) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(pl.lit("seg") + pl.col(column).cast(pl.String))


_KEYS = [_key("member").alias("member_key"), _key("coverage").alias("coverage_key")]


def _flat(name: str, body: Body, found: list[pl.DataFrame]) -> pl.DataFrame:
    segment = EXTRA[name][0]
    rows = body.left(body.rows(segment, _FLAT[name]))
    if rows.is_empty():
        return rows
    body.take(rows)
    held = pl.col("loop") == placing.COVERAGE
    again = rows.filter(pl.when(held).then(pl.col("e1").is_in(_OWN[True])).otherwise(pl.col("e1").is_in(_OWN[False])))
    if segment.name in ("REF", "DTP", "AMT") and not again.is_empty():
        found.append(repeated(again, segment.name, name))
    found += bad_values(rows, segment, EXTRAS[name]) + unread(rows, segment, EXTRAS[name], body.region)
    rows = rows.with_columns(pl.when(held).then("coverage").alias("coverage"))
    return rows.select(*_KEYS, *values(segment, EXTRAS[name], rows, body.region))


def _nodes(name: str, body: Body, found: list[pl.DataFrame]) -> pl.DataFrame:
    loop = _NODES[name]
    heads = body.inside.filter((pl.col("loop") == loop) & (pl.col("position") == pl.col("node")))
    nodes = heads["position"].to_numpy()
    frame = heads.select(*_KEYS, "position")
    for segment in EXTRA[name]:
        rows = body.rows(segment, [loop])
        rows = body.take(rows.filter(pl.int_range(pl.len()).over("node") == segment.nth))
        if rows.is_empty():
            continue
        found += bad_values(rows, segment, EXTRAS[name]) + unread(rows, segment, EXTRAS[name], body.region)
        made = values(segment, EXTRAS[name], rows, body.region)
        starts = [e for e in segment.elements if e.kind == "made" and e.columns[0] in ("per", "per2")]
        for start in starts:
            made += _pairs(rows, start.number, 1 if start.columns[0] == "per" else 4)
        owners = np.searchsorted(nodes, rows["node"].to_numpy())
        frame = frame.hstack(gathered(owners, rows.select(made), frame.height).get_columns())
    return frame


def _old_insurers(body: Body, found: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Insurers as 4010 names them, of which another insurance has one."""
    schema = EXTRAS["insurers"]
    rows = body.first(body.rows(OLD_INSURER, [placing.OTHER_INSURANCE]), "node")
    if rows.is_empty():
        return []
    found += unread(rows, OLD_INSURER, schema, body.region)
    made = values(OLD_INSURER, schema, rows, body.region)
    return [rows.select(*_KEYS, "position", pl.lit("IN").alias("role"), *made)]


def _pairs(rows: pl.DataFrame, start: int, first: int) -> list[pl.Expr]:
    made = []
    for n in range(3):
        at = start + 2 * n
        if f"e{at + 1}" in rows.columns:  # PER is read with an even number of elements
            made += [pl.col(f"e{at}").alias(f"kind{first + n}"), pl.col(f"e{at + 1}").alias(f"number{first + n}")]
    return made


def _numbered(insurers: pl.DataFrame, body: Body) -> pl.DataFrame:
    """With the number, within its coverage, of the COB each stands under."""
    cob = body.by_id["COB"].select("position", number=pl.int_range(1, pl.len() + 1).over("coverage").cast(pl.Int64))
    at = np.searchsorted(cob["position"].to_numpy(), insurers["position"].to_numpy()) - 1
    return insurers.with_columns(cob["number"].gather(at).alias("other_no"))
