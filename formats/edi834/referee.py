"""A second opinion that is not ours: pyx12 holds what was written against its own copy of the guide's map.

Each transaction set is judged as a small interchange of its own. Member data stay in memory and pipes, never in
a file. Our own reader checks the envelope and its counts, which the small interchanges do not carry over.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from formats.edi834 import referee_worker
from formats.edi834.headers import headers, of_headers
from formats.edi834.placing import placed
from formats.edi834.referee_worker import Fault
from formats.edi834.segments import SEPARATOR, split
from formats.edi834.text import BASIC
from formats.problems import ERROR, has_errors, problems

_END = "\x1d"  # cannot occur in a segment: pyx12 takes delimiters from the ISA as any reader does
_HINT = "Correct the source or the profile and build the file again"
Judgement = tuple[bool, list[Fault]]


@dataclass(frozen=True)
class Verdict:
    """The judgement of a file.

    valid: nothing that was looked at was refused. sets_checked: how many of sets_total pyx12 judged. problems:
    rows of formats.problems.PROBLEMS, `line` the segment number in the file, `column` the element.
    """

    valid: bool
    sets_total: int
    sets_checked: int
    problems: pl.DataFrame


@dataclass(frozen=True)
class Effort:
    """How much of a file pyx12 is shown, by whom.

    sets: so many (first, last, evenly between), None: all. seconds: as many of these as are begun in that time, one
    per process at least; taken so that those judged lie evenly over the file. processes: Python processes that share
    the sets, started by path, so that it works from a daemon, a thread or a Dagster run.
    """

    sets: int | None = None
    seconds: float | None = None
    processes: int = 1


def referee(
    data: bytes,
    charset: Literal["E", "B"] = "E",
    effort: Effort = Effort(),
    deviations: Iterable[str] = (),
) -> Verdict:
    """Have pyx12 4.0.0 judge the file's sets, about 900 members/s a process; what is not judged is counted.

    `charset` B also refuses data outside the basic set; that is looked at here, since pyx12's own basic mode refuses
    the very ISA11 that 5010 asks for. `deviations` are places whose codes the partner has agreed to although the guide
    does not (`Profile.deviations`). A crash of pyx12 or of a process is a problem row, and the file is then not valid.
    """
    parts = split(data)
    envelope = headers(of_headers(placed(parts.segments)), parts.segments.height).problems
    found = [problems(parts.problems), envelope]
    small = _small_interchanges(parts.segments)
    chosen = _chosen(len(small), effort.sets)
    judged = _judge([small[i][1] for i in chosen], effort)
    agreed = {place.rpartition(".")[2] for place in deviations}
    rows, fine = [], bool(small)
    for i, (accepted, faults) in sorted((chosen[n], judgement) for n, judgement in judged.items()):
        left = [f for f in faults if not _agreed(f, agreed)]
        rows += _rows(small[i][0], (accepted or (bool(faults) and not left), left))
        fine = fine and (accepted or (bool(faults) and not left))
    found.append(problems(rows))
    if charset == "B":
        found.append(_beyond_basic(parts.segments))
    everything = pl.concat(found)
    return Verdict(fine and not has_errors(everything), len(small), len(judged), everything)


def _agreed(fault: Fault, places: set[str]) -> bool:
    level, code, _, element, name = fault
    return level == "element" and code == "7" and f"{name}{element or 0:02d}" in places


def _beyond_basic(segments: pl.DataFrame) -> pl.DataFrame:
    outside = pl.col("text").str.contains(f"[^{SEPARATOR}{BASIC}]") & (pl.col("id") != "ISA")
    return segments.filter(outside).select(
        pl.lit("edi834.referee.charset").alias("rule"),
        pl.lit(ERROR).alias("severity"),
        pl.col("position").alias("line"),
        pl.lit(None, pl.Int64).alias("column"),
        pl.format("{} holds characters outside the basic set", "id").alias("message"),
        pl.lit(_HINT).alias("hint"),
    )


def _chosen(total: int, sets: int | None) -> list[int]:
    if sets is None or sets >= total:
        return list(range(total))
    return sorted({int(i) for i in np.linspace(0, total - 1, max(sets, 1)).round()})


def _small_interchanges(segments: pl.DataFrame) -> list[tuple[int, str]]:
    """Each set with its own ISA and GS and fresh trailers: (file position of the ST, text)."""
    marked = segments.with_columns(
        pl.when(pl.col("id") == "ISA").then(pl.col("text")).forward_fill().alias("isa"),
        pl.when(pl.col("id") == "GS").then(pl.col("text")).forward_fill().alias("gs"),
        (pl.col("id") == "ST").cast(pl.Int64).cum_sum().alias("set_no"),
    ).filter((pl.col("set_no") > 0) & ~pl.col("id").is_in(["ISA", "GS", "GE", "IEA", "TA1"]))
    # pyx12 knows no repetitions: it is shown the first of each, and our own rules look at the others.
    repetition = next((_element(isa, 11) for isa in marked["isa"].head(1) if isa), "")
    if len(repetition) == 1 and not repetition.isalnum():
        single = pl.col("text").str.replace_all(f"{re.escape(repetition)}[^{SEPARATOR}]*", "")
        repeats = pl.col("id").is_in(["DMG", "COB"])
        marked = marked.with_columns(pl.when(repeats).then(single).otherwise("text").alias("text"))
    sets = marked.group_by("set_no", maintain_order=True).agg(
        pl.col("position").first(), pl.col("isa", "gs").first().fill_null(""), pl.col("text").str.join(_END)
    )
    out = []
    for _, position, isa, gs, text in sets.iter_rows():
        isa13, gs06 = _element(isa, 13), _element(gs, 6)
        ends = [SEPARATOR.join(("GE", "1", gs06)), SEPARATOR.join(("IEA", "1", isa13))]
        out.append((position, _END.join([isa, gs, text, *ends]) + _END))
    return out


def _element(text: str, index: int) -> str:
    parts = text.split(SEPARATOR)
    return parts[index] if index < len(parts) else ""


def _judge(texts: list[str], effort: Effort) -> dict[int, Judgement]:
    """Judgements by number of the text; those that time did not allow are missing."""
    order = _spread(len(texts))
    shares = min(effort.processes, len(texts))
    if shares <= 1:
        return dict(zip(order, referee_worker.judge_within([texts[i] for i in order], effort.seconds), strict=False))
    lots = [order[n::shares] for n in range(shares)]
    with ThreadPoolExecutor(shares) as pool:
        answers = pool.map(lambda lot: _in_process([texts[i] for i in lot], effort.seconds), lots)
        return {i: one for lot, answer in zip(lots, answers, strict=True) for i, one in zip(lot, answer, strict=False)}


def _spread(total: int) -> list[int]:
    """All numbers below `total`: the first, the last, then ever finer between, so that any start lies evenly."""
    order = dict.fromkeys([0, max(total - 1, 0)] if total else [])
    step = total
    while len(order) < total:
        step = max(step // 2, 1)
        order |= dict.fromkeys(range(0, total, step))
    return list(order)


def _in_process(texts: list[str], seconds: float | None) -> list[Judgement]:
    command = [sys.executable, "-P", str(Path(referee_worker.__file__))]
    asked = json.dumps({"texts": texts, "seconds": seconds}).encode()
    done = subprocess.run(  # noqa: S603  # our own interpreter and script, no shell
        command, input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        return [(False, [("failed", str(done.returncode), 1, None, "")])] * len(texts)
    return [(bool(ok), [(f[0], f[1], f[2], f[3], f[4]) for f in faults]) for ok, faults in json.loads(done.stdout)]


def _rows(start: int, judgement: Judgement) -> list[dict[str, object]]:
    accepted, faults = judgement
    if not accepted and not faults:
        faults = [("refused", "0", 1, None, "ST")]
    rows = []
    for level, code, at, element, name in faults:
        where = f"{name}{element:02d}" if element else name
        rows.append(
            {
                "rule": f"edi834.referee.{level}.{code}",
                "severity": ERROR,
                "line": start + at - 1,
                "column": element,
                "message": _words(level, code, where),
                "hint": _HINT,
            }
        )
    return rows


def _words(level: str, code: str, where: str) -> str:
    match level:
        case "crash":
            return f"pyx12 could not judge this set: {code}"
        case "failed":
            return f"the process that ran pyx12 ended with code {code}; this set was not judged"
        case "refused":
            return "pyx12 refuses this set without saying why"
    return f"pyx12 finds {where} at fault: {level} error {code}"
