"""Runs pyx12 over small interchanges, in this process or as a script with its own.

As a script it reads {texts, seconds} as JSON from stdin and writes a JSON list of judgements to stdout, so that
member data go through pipes only. Only codes and positions come out, never values. Imports nothing of ours: it
runs by path, without a package.
"""

import io
import json
import logging
import sys
import time
from typing import Any

import pyx12.errors
import pyx12.params
import pyx12.x12n_document

# pyx12 logs bad values: its loggers are closed for good, so that none reaches a log, whoever configures logging.
# Some of them set a level of their own, which the parent's would not close.
_LOGGERS = ["pyx12", *(name for name in logging.root.manager.loggerDict if name.startswith("pyx12."))]
for _name in _LOGGERS:
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

# What pyx12 4.0.0 is known to raise on input it should only judge (missing maps, malformed segments).
_CRASHES = (
    pyx12.errors.EngineError,
    pyx12.errors.X12Error,
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)

Fault = tuple[str, str, int, int | None, str]  # level, code, segment position (ST = 1), element, segment


def judge(text: str) -> tuple[bool, list[Fault]]:
    """Whether pyx12 accepts the interchange, and its faults; a crash of pyx12 counts as not accepted."""
    params = pyx12.params.ParamsBase()
    params.set("charset", "E")
    report = io.StringIO()
    try:
        accepted = pyx12.x12n_document.x12n_document(
            param=params, src_file=io.StringIO(text), fd_997=None, fd_html=None, fd_json=report
        )
    except _CRASHES as error:
        return False, [("crash", type(error).__name__, 1, None, "")]
    written = report.getvalue()
    return accepted, _faults(json.loads(written)) if written else []


def judge_within(texts: list[str], seconds: float | None) -> list[tuple[bool, list[Fault]]]:
    """Judgements of the texts in order: of all, or of as many as are begun within so many seconds, one at least."""
    began = time.monotonic()
    judged: list[tuple[bool, list[Fault]]] = []
    for text in texts:
        if judged and seconds is not None and time.monotonic() - began >= seconds:
            break
        judged.append(judge(text))
    return judged


def _faults(report: dict[str, Any]) -> list[Fault]:
    found: list[Fault] = []
    for interchange in report["interchanges"]:
        found += [("interchange", str(e["err_cde"]), 1, None, "ISA") for e in interchange["errors"]]
        for group in interchange["groups"]:
            found += [("group", str(e["err_cde"]), 1, None, "GS") for e in group["errors"]]
            for transaction in group["transactions"]:
                found += [("set", str(e["err_cde"]), 1, None, "ST") for e in transaction["errors"]]
                for segment in transaction["segments"]:
                    found += _segment_faults(segment)
    return found


def _segment_faults(segment: dict[str, Any]) -> list[Fault]:
    at, name = int(segment["seg_count"] or 1), str(segment["seg_id"])
    found: list[Fault] = [("segment", str(e["err_cde"]), at, None, name) for e in segment["errors"]]
    for element in segment["elements"]:
        number = int(element["ele_pos"] or 0) or None
        found += [("element", str(e["err_cde"]), at, number, name) for e in element["errors"]]
    return found


def main() -> None:
    """Serve one request."""
    answers, sys.stdout = sys.stdout, io.StringIO()  # whatever a library prints stays out of the answer
    asked = json.loads(sys.stdin.buffer.read())
    json.dump(judge_within(asked["texts"], asked["seconds"]), answers)
    answers.flush()


if __name__ == "__main__":
    main()
