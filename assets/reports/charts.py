"""Where the marks of the report's charts stand: plain geometry, drawn by templates/charts.svg.j2.

Lengths are SVG units; amounts are cents. No text is made here but axis labels and amounts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.reports.texts import money, short_date, short_money


@dataclass(frozen=True)
class Bar:
    """One mark with its words."""

    label: str
    amount: str
    note: str
    kind: str  # its colour: a class of the style sheet
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Ribbon:
    """Money moving between two bars: an SVG path."""

    path: str
    kind: str


@dataclass(frozen=True)
class Flow:
    """The night's money, stage by stage."""

    bars: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]
    width: float
    height: float


@dataclass(frozen=True)
class Ranking:
    """Horizontal bars, biggest first."""

    bars: tuple[Bar, ...]
    width: float
    height: float
    zero: float


@dataclass(frozen=True)
class Strip:
    """Two columns a day, with the lines and words of both axes."""

    billed: tuple[Bar, ...]
    settled: tuple[Bar, ...]
    grid: tuple[tuple[float, str], ...]  # y, label
    days: tuple[tuple[float, str], ...]  # x, label
    width: float
    height: float
    floor: float
    left: float
    empty: bool


@dataclass(frozen=True)
class Stage:
    """An amount with its words; in the flow, where it stands: the column."""

    label: str
    cents: int
    note: str
    kind: str
    column: int = 0


@dataclass(frozen=True)
class Link:
    """Money on its way from one stage to another."""

    start: str
    end: str
    cents: int


_BAR, _GAP, _ROOM, _TALL = 14.0, 14.0, 46.0, 190.0


def flow(stages: Sequence[Stage], links: Sequence[Link], width: float = 1060.0) -> Flow:
    """Bars in columns and ribbons between them, all to one scale.

    Ribbons leave and reach a bar in the order of the links, from its top down, as wide at the end as at the start.
    """
    columns = [[s for s in stages if s.column == at] for at in range(max(s.column for s in stages) + 1)]
    most = max(sum(max(s.cents, 0) for s in column) for column in columns)
    scale = _TALL / most if most else 0.0
    step = (width - 150.0) / max(len(columns) - 1, 1)
    placed = [bar for at, column in enumerate(columns) for bar in _column(column, at * step, scale)]
    bars = {bar.label: bar for bar in placed}
    kinds = {s.label: s.kind for s in stages}
    left, reached = ({label: bar.y for label, bar in bars.items()} for _ in range(2))
    ribbons = []
    for link in links:
        start, end, tall = bars[link.start], bars[link.end], max(link.cents, 0) * scale
        if tall > 0:
            path = _path(start.x + _BAR, left[link.start], end.x, reached[link.end], tall)
            ribbons.append(Ribbon(path, kinds[link.end]))
            left[link.start] += tall
            reached[link.end] += tall
    height = max(bar.y + max(bar.height, _ROOM) for bar in placed) + 4
    return Flow(tuple(placed), tuple(ribbons), width, height)


def _column(stages: Sequence[Stage], x: float, scale: float) -> list[Bar]:
    bars, y = [], 6.0
    for stage in stages:
        shown = max(max(stage.cents, 0) * scale, 2.0)
        kind = stage.kind if stage.cents > 0 else "none"
        bars.append(Bar(stage.label, money(stage.cents), stage.note, kind, x, y, _BAR, shown))
        y += max(shown, _ROOM) + _GAP
    return bars


def _path(x0: float, y0: float, x1: float, y1: float, tall: float) -> str:
    mid = (x0 + x1) / 2
    return (
        f"M{x0:.1f},{y0:.1f} C{mid:.1f},{y0:.1f} {mid:.1f},{y1:.1f} {x1:.1f},{y1:.1f} "
        f"L{x1:.1f},{y1 + tall:.1f} C{mid:.1f},{y1 + tall:.1f} {mid:.1f},{y0 + tall:.1f} {x0:.1f},{y0 + tall:.1f} Z"
    )


def ranking(rows: pl.DataFrame, most: int = 8, width: float = 520.0) -> Ranking:
    """Horizontal bars of label and amount_cents; what comes after the first `most` is one bar, `all others`."""
    shown = rows.select("label", "amount_cents").head(most)
    if rows.height > most:
        others = pl.DataFrame({"label": ["All others"], "amount_cents": [int(rows["amount_cents"][most:].sum())]})
        shown = pl.concat([shown, others])
    left, right, line = 176.0, 138.0, 30.0
    top = max((abs(c) for c in shown["amount_cents"]), default=0)
    total = sum(c for c in shown["amount_cents"] if c > 0)
    scale = (width - left - right) / top if top else 0.0
    bars = tuple(
        Bar(
            label,
            money(cents),
            f"{100 * cents / total:.0f}%" if cents > 0 and total else "",
            "billed" if cents > 0 else "returned",
            left,
            at * line + 6,
            max(abs(cents) * scale, 1.5),
            18.0,
        )
        for at, (label, cents) in enumerate(shown.iter_rows())
    )
    return Ranking(bars, width, max(len(bars), 1) * line, left)


def strip(history: pl.DataFrame, width: float = 1060.0, height: float = 210.0) -> Strip:
    """Two columns for each day of day, billed_cents, settled_cents; a day of credits only shows none."""
    left, floor, ceiling = 52.0, height - 26.0, 10.0
    most = max([0, *history["billed_cents"], *history["settled_cents"]])
    top = nice_ceiling(most)
    slot = (width - left) / max(history.height, 1)
    wide = slot * 0.36

    def columns(name: str, kind: str, shift: float) -> tuple[Bar, ...]:
        made = []
        for at, (day, cents) in enumerate(history.select("day", name).iter_rows()):
            tall = (floor - ceiling) * max(cents, 0) / top
            x = left + at * slot + slot * 0.12 + shift
            if cents > 0:
                shown = max(tall, 1.0)
                made.append(Bar(short_date(day), money(cents), "", kind, x, floor - shown, wide, shown))
        return tuple(made)

    last = history.height - 1
    days = tuple(
        (left + at * slot + slot / 2, short_date(day)) for at, day in enumerate(history["day"]) if (last - at) % 5 == 0
    )
    grid = tuple((floor - (floor - ceiling) * part / 4, short_money(top * part // 4)) for part in range(5))
    billed, settled = columns("billed_cents", "billed", 0.0), columns("settled_cents", "settled", wide + 1)
    return Strip(billed, settled, grid, days, width, height, floor, left, most == 0)


def nice_ceiling(cents: int) -> int:
    """The round amount at or above this one that an axis ends with, and whose quarters are round too."""
    if cents <= 0:
        return 40_000
    tenth = max(int(10 ** math.floor(math.log10(cents))) // 10, 1)
    return next(tenth * step for step in (10, 12, 16, 20, 24, 32, 40, 60, 80, 100) if tenth * step >= cents)


def stacked(parts: Sequence[Stage], width: float = 520.0, height: float = 22.0) -> tuple[Bar, ...]:
    """One bar in parts, their share of the whole; nothing above zero gives no bar."""
    total = sum(max(p.cents, 0) for p in parts)
    bars, x = [], 0.0
    for part in parts:
        if part.cents > 0:
            wide = width * part.cents / total
            share = f"{100 * part.cents / total:.0f}%"
            bars.append(Bar(part.label, money(part.cents), share, part.kind, x, 0.0, max(wide - 1, 0.5), height))
            x += wide
    return tuple(bars)
