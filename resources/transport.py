"""Files out and in over SFTP: `deliver` tells the truth about one delivery, `fetch` reads what is new.

The doors to use; the session is session.py, the rules are sending.py. None knows the record: the caller
stores each step and each content's sha256, and holds the lock.
"""

import hashlib
import logging
import re
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from formats.errors import ExchangeError
from resources.allow_list import AllowedEndpoint
from resources.line import DoubtError, LineLostError, RefusedError
from resources.publishing import put
from resources.sending import (
    DECISIVE,
    SAFE_NAME,
    UNFINISHED,
    Delivery,
    OnStep,
    Outcome,
    Receipt,
    Step,
    may_have_arrived,
    parcel,
)
from resources.session import Listed, Session, connect

__all__ = [
    "AllowedEndpoint",
    "Delivery",
    "Fetched",
    "Outcome",
    "Receipt",
    "Session",
    "Step",
    "connect",
    "deliver",
    "fetch",
]

# After a lost reply to the deciding request we look again this often; a server that restarts is back within seconds.
LOOK_AGAIN_AFTER_S = (0.2, 1.0, 3.0)

MAX_FILE_BYTES = 64 * 1024 * 1024  # the largest inbound file seen in practice is an 834 of some 30 MB
MAX_FETCH_BYTES = 256 * 1024 * 1024  # kept in memory by one fetch; the rest comes with the next

log = logging.getLogger("daybook.transport")


def deliver(
    endpoint: AllowedEndpoint, data: bytes, name: str, on_step: OnStep, *, last_step: str | None = None
) -> Delivery:
    """Deliver `data` as `name` to the partner's inbox, once, and say what is known about it.

    `last_step` is the step an earlier attempt stored: from a decisive one on, the file may be there already.
    Network trouble never raises: it is FAILED when it is proved that the partner does not have the file and
    no request of ours can still give it to them, else UNKNOWN. Raises SettingsError, and what `on_step` raises.
    """
    what = parcel(data, name)
    final = f"{endpoint.inbox.rstrip('/')}/{name}"
    unanswered = may_have_arrived(last_step)

    def note(step: str) -> None:
        nonlocal unanswered
        # Set only after the step is stored: if storing fails the request is not made.
        on_step(step)
        unanswered = unanswered or step in DECISIVE

    def told(outcome: Outcome, detail: str, *, found: bool = False) -> Delivery:
        return Delivery(outcome, detail, what.size, what.sha256, final, found)

    waits = iter(LOOK_AGAIN_AFTER_S)
    while True:
        before = unanswered
        try:
            with connect(endpoint) as session:
                receipt = put(session, what, note, unanswered=before)
            words = "was already there with the same content" if receipt.found else "delivered and verified"
            return told(Outcome.SENT, f"{name} {words}", found=receipt.found)
        except DoubtError as doubt:
            return told(Outcome.UNKNOWN, str(doubt))
        except RefusedError as refusal:
            # A refusal is an answer, so only an unanswered one from before leaves a doubt.
            return told(Outcome.UNKNOWN if before else Outcome.FAILED, str(refusal))
        except LineLostError as loss:
            if not unanswered:
                return told(Outcome.FAILED, str(loss))
            wait = next(waits, None)
            if wait is None:
                return told(Outcome.UNKNOWN, f"The deciding request was not answered, and looking again failed. {loss}")
            time.sleep(wait)


@dataclass(frozen=True)
class Fetched:
    """One inbound file: its base name and its bytes, never shown in messages."""

    name: str
    data: bytes = field(repr=False)
    sha256: str
    size: int


def _say(name: str, reason: str) -> None:
    log.warning("Inbound file %s left alone: %s", name, reason)


def fetch(
    endpoint: AllowedEndpoint,
    known: Set[str],
    *,
    names: re.Pattern[str] = SAFE_NAME,
    max_bytes: int = MAX_FILE_BYTES,
    on_skip: Callable[[str, str], None] = _say,
) -> list[Fetched]:
    """What is new in the partner's outbox: contents whose sha256 is not in `known`, by name, each once.

    `names` is the allow-list (the whole name must match). A file that is too large, oddly named, unreadable
    or still being written is left there and told to `on_skip(name, reason)`; it never hinders the others.
    Raises ExchangeError when the server can't be reached or listed; nothing at the partner's is changed.
    """
    taken: dict[str, Fetched] = {}
    kept = 0
    with connect(endpoint) as session:
        for listed in session.list(endpoint.outbox):
            reason = _why_not(listed, names, max_bytes)
            if reason is None and kept + listed.size > MAX_FETCH_BYTES:
                reason = "this fetch is full; the next one takes it"
            data = b""
            if reason is None:
                data, reason = _read_whole(session, f"{endpoint.outbox.rstrip('/')}/{listed.name}", listed)
            if reason is not None:
                if reason:
                    on_skip(_plain(listed.name), reason)
                continue
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 in known or sha256 in taken:
                continue
            taken[sha256] = Fetched(listed.name, data, sha256, len(data))
            kept += len(data)
    return list(taken.values())


def _why_not(listed: Listed, names: re.Pattern[str], max_bytes: int) -> str | None:
    """Why a listed name is not read: a reason, "" for what is silently not ours to read, None if it is."""
    if listed.name.startswith(".") or listed.name.lower().endswith(UNFINISHED):
        return ""
    if not names.fullmatch(listed.name) or "/" in listed.name:
        return "its name is not one we take"
    if not listed.is_file:
        return "it is not a plain file"
    if listed.size > max_bytes:
        return f"it has {listed.size} bytes, more than {max_bytes}"
    if listed.size == 0:
        return "it is empty, or still being written"
    return None


def _read_whole(session: Session, path: str, listed: Listed) -> tuple[bytes, str | None]:
    try:
        data = session.read(path, listed.size)
        size = session.size(path)
    except LineLostError:
        raise
    except ExchangeError as refusal:
        return b"", refusal.what
    if len(data) != listed.size or size != listed.size:
        return b"", "it changed while it was read; the next fetch takes it"
    return data, None


def _plain(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:80]
