"""Keeps account numbers and SSNs out of logs and error texts: the net below the rule never to write them there.

What is hidden: nine digits grouped 3-2-4 by dashes, dots or blanks, and every run of nine or more digits.
That hides SSNs, routing numbers, most account numbers and card numbers. It also hides what looks alike: trace
numbers, Unix times, amounts in cents from a million dollars up; write times as ISO 8601 and amounts with
separators. SHA-256 digests and UUIDs stay readable. What can't be told from dates and counts stays too: account
numbers of four to eight digits, and names; so code must not log values in the first place.
"""

import functools
import inspect
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from formats.errors import DaybookError

P = ParamSpec("P")
R = TypeVar("R")

WITHHELD = "[withheld]"
_KEPT_OR_HIDDEN = re.compile(
    r"(?<![0-9a-f])(?:"
    r"(?=[0-9]*[a-f])[0-9a-f]{64}"  # a digest holds a letter; 64 digits would be something else
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r")(?![0-9a-f])"
    r"|(?P<hidden>(?<!\d)\d{3}([-. ])\d{2}\2\d{4}(?!\d)|\d{9,})"
)


def redact(text: str) -> str:
    """Return the text with everything that may be an SSN or an account number replaced by `[withheld]`."""
    return _KEPT_OR_HIDDEN.sub(lambda found: WITHHELD if found["hidden"] else found[0], text)


class RedactedRecord(logging.LogRecord):
    """A log record that is clean when it is made, before any filter, handler or formatter sees it.

    Not a filter: those on a logger are not asked about records that come up from its children, and
    handlers come and go (Dagster adds one per run). A record without a secret is left exactly as it was.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        message = _message(self)
        error = _error_text(self.exc_info)
        if redact(error) != error:
            self.exc_info = None
            message = f"{message}\n{error}"
        if redact(message) != message:
            self.msg, self.args = redact(message), ()
        if self.stack_info:
            self.stack_info = redact(self.stack_info)


def install() -> None:
    """Redact every log record and every uncaught error of this process from now on; twice is once.

    Call it first in each process: in the command line and where the definitions are loaded.
    """
    logging.setLogRecordFactory(RedactedRecord)
    if not isinstance(sys.excepthook, _Hook):
        sys.excepthook = _Hook(sys.excepthook)
        threading.excepthook = _thread_hook


def clean_errors(body: Callable[P, R]) -> Callable[P, R]:
    """Let no error with a secret in its text out of the decorated function or generator.

    For the bodies of assets, checks and sensors, below Dagster's decorator: Dagster stores the text of what
    they raise and of all its causes, and no log is involved. A clean error passes untouched. Another is
    replaced by one of ours, keeping the class if it is ours and the traceback, but not the causes.

    Raises:
        DaybookError: in place of an error whose text, or whose cause's text, had to be redacted.
    """
    # The raise stands behind the except block, lest the new error carry the old one as its context. For the
    # same reason this is no context manager: within a `with` the old one is always being handled.
    if inspect.isgeneratorfunction(body):

        @functools.wraps(body)
        def yielding(*args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
            try:
                yield from body(*args, **kwargs)
                return  # noqa: TRY300 - what follows is only for errors
            except Exception as error:
                clean = _cleaned(error)
                if clean is None:
                    raise
            raise clean

        return cast("Callable[P, R]", yielding)

    @functools.wraps(body)
    def returning(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except Exception as error:
            clean = _cleaned(error)
            if clean is None:
                raise
        raise clean

    return returning


def _cleaned(error: Exception) -> DaybookError | None:
    texts = list(_texts(error))
    if all(redact(text) == text for text in texts):
        return None
    kind = type(error) if isinstance(error, DaybookError) else DaybookError
    return kind(redact(texts[0])).with_traceback(error.__traceback__)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return f"{record.msg} {record.args}"  # wrongly formatted: logging itself would print both


def _error_text(raised: Any) -> str:
    if not isinstance(raised, tuple) or raised[1] is None:
        return ""
    return "".join(traceback.format_exception(raised[1])).rstrip()


def _texts(error: BaseException) -> Iterator[str]:
    """Give the text and notes of an error and of all that it came from or holds, the outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        this = waiting.pop(0)
        if id(this) in seen:
            continue
        seen.add(id(this))
        yield str(this) if isinstance(this, DaybookError) else f"{type(this).__name__}: {this}"
        yield from getattr(this, "__notes__", [])
        waiting += [other for other in (this.__cause__, this.__context__) if other is not None]
        waiting += this.exceptions if isinstance(this, BaseExceptionGroup) else []


class _Hook:
    """An excepthook that prints a redacted traceback, and leaves a clean one to the hook before it."""

    def __init__(self, before: Callable[..., Any]) -> None:
        self._before = before

    def __call__(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, where))
        if redact(text) == text:
            self._before(kind, error, where)
        else:
            sys.stderr.write(redact(text))


def _thread_hook(raised: threading.ExceptHookArgs) -> None:
    if raised.exc_value is not None and raised.exc_type is not SystemExit:
        sys.excepthook(raised.exc_type, raised.exc_value, raised.exc_traceback)
