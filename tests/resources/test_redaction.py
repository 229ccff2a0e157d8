"""Canaries go in by every way a message can take; none comes out."""

import io
import logging
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import DaybookError, RecordError
from resources.redaction import WITHHELD, RedactedRecord, clean_errors, install, redact

ROOT = Path(__file__).parents[2]
SSN, DASHED, ACCOUNT = "987654321", "987-65-4321", "00412345678901234"
CANARIES = [SSN, DASHED, "987 65 4321", "987.65.4321", ACCOUNT]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Install redaction for one test, with a handler on the root logger."""
    before, stream = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    logging.setLogRecordFactory(RedactedRecord)
    yield stream
    logging.setLogRecordFactory(before)
    logging.getLogger().removeHandler(handler)


@settings(max_examples=150, derandomize=True)
@given(st.text(max_size=20), st.sampled_from(CANARIES), st.text(max_size=20))
def test_a_canary_is_hidden_in_any_surroundings(before: str, canary: str, after: str) -> None:
    # A digit right beside it makes it another number, which hides as a run of nine or is none of ours.
    text = f"{before.rstrip('0123456789')}{canary}{after.lstrip('0123456789')}"
    if not any(c.isdigit() for c in (before[-1:], after[:1])):
        assert canary not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "night of 2026-11-21, run at 2026-11-21T20:15:12.782+00:00",
        "file 12345678 of 99999999 bytes",
        "posted 1,234,567,890.12 in 123 lines",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "run 12345678-1234-1234-1234-123456789012 began",
        "paid 12-34-5678 or 1234-56-7890 times",
        "",
    ],
)
def test_what_we_print_stays_readable(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"account {ACCOUNT}.", f"account {WITHHELD}."),
        (f"ssn={DASHED};", f"ssn={WITHHELD};"),
        (f"acct{SSN}x{SSN}", f"acct{WITHHELD}x{WITHHELD}"),
        ("1" * 64, WITHHELD),
        ("٩٨٧٦٥٤٣٢١", WITHHELD),
        (f"{uuid.UUID(int=0)}{SSN}", None),
    ],
)
def test_what_is_hidden(text: str, expected: str | None) -> None:
    assert redact(text) == expected or (expected is None and SSN not in redact(text))


@settings(max_examples=100, derandomize=True)
@given(st.text(alphabet="0123456789abcdef-. x", max_size=80))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_no_log_call_lets_a_canary_through(written: io.StringIO) -> None:
    deep = logging.getLogger("some.library.of.others")
    deep.warning(f"text {ACCOUNT}")
    deep.warning("argument %s and %d", ACCOUNT, int(SSN))
    deep.warning("mapping %(ssn)s", {"ssn": DASHED})
    deep.warning("object %r", {"row": [SSN]})
    deep.warning("halves 41234%s", "56789")
    deep.warning("wrong format %d %s", ACCOUNT)
    deep.error("stack", stack_info=True)

    def fail() -> None:
        try:
            int(f"{ACCOUNT}!")
        except ValueError as cause:
            raise KeyError(SSN) from cause

    try:
        fail()
    except KeyError:
        deep.exception("failed for %s", DASHED)
    text = written.getvalue()
    assert "KeyError" in text
    assert "Traceback" in text
    assert text.count(WITHHELD) >= 9
    for canary in (*CANARIES, "4123456789"):
        assert canary not in text


def test_a_clean_record_is_left_as_it_was() -> None:
    try:
        int("plain")
    except ValueError:
        raised = sys.exc_info()
    record = RedactedRecord("x", logging.INFO, "f.py", 1, "%s of %d", ("a", 2), raised)
    assert (record.msg, record.args, record.exc_info) == ("%s of %d", ("a", 2), raised)


def test_dagster_stores_no_canary(written: io.StringIO) -> None:
    @dg.asset
    @clean_errors
    def leaky(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        context.log.info(f"account {ACCOUNT}")
        logging.getLogger("dagster.child").warning("ssn %s", DASHED)
        raise ValueError(f"no such account {ACCOUNT}") from KeyError(SSN)

    @dg.multi_asset(specs=[dg.AssetSpec("yields")])
    @clean_errors
    def yields() -> Iterator[dg.MaterializeResult[None]]:
        yield dg.MaterializeResult(asset_key="yields")
        raise ValueError(f"no such ssn {DASHED}")

    with dg.DagsterInstance.ephemeral() as instance:
        stored = ""
        for asset in (leaky, yields):
            result = dg.materialize([asset], instance=instance, raise_on_error=False)
            assert not result.success
            stored += "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "no such account" in stored
    assert "no such ssn" in stored
    for canary in CANARIES:
        assert canary not in stored
        assert canary not in written.getvalue()


@pytest.mark.parametrize("canary", CANARIES)
def test_clean_errors_replaces_what_tells_and_passes_the_rest(canary: str) -> None:
    @clean_errors
    def raises(error: Exception, cause: Exception | None = None) -> None:
        raise error from cause

    plain = ValueError("plain")
    with pytest.raises(ValueError, match="plain") as kept:
        raises(plain)
    assert kept.value is plain
    noted = ValueError("plain")
    noted.add_note(canary)
    for error, cause in (
        (ValueError(canary), None),
        (ValueError("plain"), KeyError(canary)),
        (noted, None),
        (ExceptionGroup("plain", [ValueError(canary)]), None),
    ):
        with pytest.raises(DaybookError) as caught:
            raises(error, cause)
        assert canary not in str(caught.value)
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
    with pytest.raises(RecordError, match="withheld") as ours:
        raises(RecordError(f"duplicate {canary}", where="person"))
    assert canary not in f"{ours.value} {ours.value.what}"


SCRIPT = """
import sys, threading
from resources.redaction import install
install(); install()
error = ValueError("account " + "0041234567" + "8901234")
if sys.argv[1] == "thread":
    def work(): raise error
    thread = threading.Thread(target=work); thread.start(); thread.join()
elif sys.argv[1] == "clean":
    raise ValueError("plain")
else:
    raise error
"""


@pytest.mark.parametrize(("way", "seen"), [("main", WITHHELD), ("thread", WITHHELD), ("clean", "plain")])
def test_an_uncaught_error_is_printed_without_canary(way: str, seen: str) -> None:
    said = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, way],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ValueError" in said.stderr
    assert seen in said.stderr
    assert ACCOUNT not in said.stderr
    assert said.returncode == (0 if way == "thread" else 1)


def test_install_sets_the_factory_once() -> None:
    factory, hook = logging.getLogRecordFactory(), sys.excepthook
    import threading

    thread_hook = threading.excepthook
    try:
        install()
        first = sys.excepthook
        install()
        assert sys.excepthook is first
        assert logging.getLogRecordFactory() is RedactedRecord
    finally:
        logging.setLogRecordFactory(factory)
        sys.excepthook, threading.excepthook = hook, thread_hook
