"""The press: sets documents from templates in child processes that can neither see our settings nor the network.

A template may come from a customer. Each child has an empty environment (no database address, no key), typst's root is
the template folder, and whatever a template would download goes to a port where nobody listens. A document that takes
too long costs its child, not the night. Data is handed over as JSON and never becomes part of a template's text.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from formats.errors import FormatError, SettingsError

_WORKER = Path(__file__).with_name("press_worker.py")
_NOWHERE = "http://127.0.0.1:9"
LONGEST_S = 60.0  # a list bill of 10,000 lines takes a few seconds
_RENEWED_AFTER = 2000  # documents: typst keeps what it has laid out


@dataclass(frozen=True)
class Job:
    """One document: a template of a folder, its data as JSON (never shown), the day it says it was made."""

    root: Path
    template: str
    data: str = field(repr=False)
    day: dt.date

    def line(self, output: str, ppi: float) -> bytes:
        """What the child reads."""
        noon = dt.datetime.combine(self.day, dt.time(12), dt.UTC)
        job = {
            "root": str(self.root),
            "template": self.template,
            "data": self.data,
            "timestamp": int(noon.timestamp()),
            "format": output,
            "ppi": ppi,
        }
        return json.dumps(job).encode() + b"\n"


class _Child:
    """One worker process; started at the first job, and again after it was stopped."""

    def __init__(self, longest_s: float) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._longest_s, self._done = longest_s, 0

    def set(self, job: Job, output: str, ppi: float) -> list[bytes]:
        """The document, page by page where the format has no pages; a PDF is one. Raises FormatError."""
        process = self._running()
        timer = threading.Timer(self._longest_s, process.kill)
        timer.start()
        try:
            return self._asked(process, job.line(output, ppi))
        except (OSError, EOFError, ValueError):
            self.stop()
            raise FormatError("the document took too long or too much memory", where=job.template) from None
        finally:
            timer.cancel()
            self._done += 1
            if self._done % _RENEWED_AFTER == 0:
                self.stop()

    def _asked(self, process: subprocess.Popen[bytes], line: bytes) -> list[bytes]:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(line)
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or b"")
        if "error" in answer:
            raise FormatError(answer["error"].splitlines()[0][:300])
        pages = [process.stdout.read(size) for size in answer["sizes"]]
        if [len(page) for page in pages] != answer["sizes"]:
            raise EOFError
        return pages

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE)
            self._process = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-I", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_WORKER.anchor,
                env=proxies,
            )
        return self._process

    def stop(self) -> None:
        """End the process; safe more than once."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # its other end is gone
                    pipe.close()


class Press:
    """Some children that set documents side by side. Use it through `press()`."""

    def __init__(self, children: int, longest_s: float) -> None:
        self._children = [_Child(longest_s) for _ in range(children)]
        self._free: SimpleQueue[_Child] = SimpleQueue()
        for child in self._children:
            self._free.put(child)
        self._threads = ThreadPoolExecutor(children, thread_name_prefix="press")

    def pdf(self, job: Job) -> bytes:
        """One PDF; the same job gives the same bytes.

        Raises:
            FormatError: the template can't be set with this data. The message may quote the data: don't pass it on.
        """
        return self._set(job, "pdf", 144.0)[0]

    def pictures(self, job: Job, ppi: float = 110.0) -> list[bytes]:
        """The pages as PNG, for looking at. Raises FormatError like `pdf`."""
        return self._set(job, "png", ppi)

    def pdfs(self, jobs: Sequence[Job]) -> list[bytes | None]:
        """The PDFs in the order of the jobs, side by side; None where one can't be set."""

        def one(job: Job) -> bytes | None:
            try:
                return self.pdf(job)
            except FormatError:
                return None  # its words may quote a name; `assets.documents` finds out whose fault it is

        return list(self._threads.map(one, jobs))

    def stop(self) -> None:
        """End all children."""
        self._threads.shutdown(wait=True)
        for child in self._children:
            child.stop()

    def _set(self, job: Job, output: Literal["pdf", "png"], ppi: float) -> list[bytes]:
        child = self._free.get()
        try:
            return child.set(job, output, ppi)
        finally:
            self._free.put(child)


@contextmanager
def press(children: int | None = None, longest_s: float = LONGEST_S) -> Iterator[Press]:
    """A press for the length of a block; its children end with it.

    Raises:
        SettingsError: the interpreter can't be started a second time.
    """
    if not sys.executable:
        raise SettingsError("documents can't be set: this program does not know its own interpreter")
    made = Press(children or min(os.cpu_count() or 1, 4), longest_s)
    try:
        yield made
    finally:
        made.stop()
