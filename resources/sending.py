"""The send protocol as pure tables: what is seen on the server decides the next act and the outcome.

Nothing here connects, waits or records. The rule behind every line: the one request that gives the file to the
partner (rename, marker, or first write) may have been obeyed though its reply was lost, so only a sight of our bytes
proves delivery, and absence proves nothing while such a request is open.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from formats.errors import SettingsError

OnStep = Callable[[str], None]

# What every server takes and no shell, spreadsheet or path rule can read as something else.
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,179}")
UNFINISHED = (".part", ".filepart", ".tmp", ".partial")


class Mode(StrEnum):
    """How a partner's server lets a file appear; one word in the partner's profile."""

    RENAME = "rename"  # temporary name, read back, plain rename
    MARKER = "marker"  # its own name, read back, then an empty NAME.done: for servers that allow no rename
    WRITE_ONCE = "write_once"  # a drop box: create and write, neither rename nor read nor remove


class Step(StrEnum):
    """How far a delivery has got; stored by the caller. Words in -ing are told before the act, the others after."""

    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    VERIFIED = "verified"
    RENAMING = "renaming"
    MARKING = "marking"
    WRITING = "writing"
    SENT = "sent"


# The acts after which the partner may have the file though we never hear of it.
DECISIVE = (Step.RENAMING, Step.MARKING, Step.WRITING)


class Outcome(StrEnum):
    """The truth about one delivery."""

    SENT = "sent"  # our bytes were seen published, or the server confirmed the publishing of verified bytes
    FAILED = "failed"  # proved: the partner was not given the file and no request of ours can still give it
    UNKNOWN = "unknown"  # neither can be proved; a person or the partner's acknowledgement decides


class Seen(StrEnum):
    """What a look at one remote name showed, compared with the bytes to be sent."""

    ABSENT = "absent"
    OURS = "ours"  # same size and sha256
    BEGUN = "begun"  # shorter, and our bytes as far as it goes
    SIZED = "sized"  # our size, and the server lets nobody read it
    HIDDEN = "hidden"  # the server lets nobody look
    OTHER = "other"  # anything else


class Act(StrEnum):
    """What to do after looking."""

    UPLOAD = "upload"
    RENAME = "rename"
    MARK = "mark"  # the verified bytes lie there, the marker does not
    DONE = "done"
    REFUSE = "refuse"  # the name is taken by other content
    DOUBT = "doubt"  # it can't be known


def next_act(final: Seen, part: Seen, *, unanswered: bool) -> Act:
    """The next act from what is seen; `unanswered`: a rename was asked once, and its reply never came."""
    if final is Seen.OURS:
        return Act.DONE
    if final is not Seen.ABSENT:
        return Act.DOUBT if unanswered else Act.REFUSE
    if part is Seen.OURS:
        # Safe even if the first request is still on its way: of two renames the server obeys one.
        return Act.RENAME
    return Act.DOUBT if unanswered else Act.UPLOAD


def next_act_marked(final: Seen, *, marked: bool, unanswered: bool) -> Act:
    """The next act where a marker publishes; `marked`: it is there. No byte is written while one is.

    `unanswered`: the marker was asked for once, so our bytes lay there whole, and the reply never came.
    """
    if final is Seen.OURS:
        return Act.DONE if marked else Act.MARK
    if unanswered:
        return Act.DOUBT
    return Act.UPLOAD if not marked and final in (Seen.ABSENT, Seen.BEGUN) else Act.REFUSE


def next_act_once(final: Seen, *, unanswered: bool) -> Act:
    """The next act at a drop box; `unanswered`: writing was begun once, and its end was never heard of.

    Each piece is written when the one before it was confirmed, so a file of ours that has its size is whole.
    """
    if final is Seen.OURS or (final is Seen.SIZED and unanswered):
        return Act.DONE
    if unanswered:
        return Act.DOUBT
    return Act.UPLOAD if final in (Seen.ABSENT, Seen.HIDDEN) else Act.REFUSE


def after_refused_rename(final: Seen, part: Seen, *, unanswered: bool) -> Outcome:
    """The outcome when the server said no to a rename, by what is seen afterwards."""
    if final is Seen.OURS:
        return Outcome.SENT
    if unanswered:
        return Outcome.UNKNOWN
    if final is not Seen.ABSENT or part is Seen.OURS:
        return Outcome.FAILED
    # Refused, yet our verified upload is gone: somebody renamed it and the partner may have taken it.
    return Outcome.UNKNOWN


def may_have_arrived(last_step: str | None) -> bool:
    """Whether an attempt that got as far as `last_step` may have given the file to the partner."""
    return last_step is not None and Step(last_step) in (*DECISIVE, Step.SENT)


@dataclass(frozen=True)
class Parcel:
    """Bytes under a name, with what identifies them. Never shown whole: the bytes may be clear text."""

    name: str
    data: bytes = field(repr=False)
    sha256: str

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    @property
    def part_name(self) -> str:
        """The temporary name; follows from name and content, so that a resumed delivery finds its upload."""
        return f"{self.name}.{self.sha256[:16]}.part"


def parcel(data: bytes, name: str) -> Parcel:
    """Check the name, compute the hash. Raises SettingsError for a name no naming template may make."""
    if not SAFE_NAME.fullmatch(name) or name.lower().endswith(UNFINISHED):
        raise SettingsError(
            f"{name[:60]!r} can't be a file name at a partner",
            hint="use up to 180 letters, digits, dots, dashes and underscores; no ending of unfinished uploads",
        )
    return Parcel(name=name, data=data, sha256=hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class Receipt:
    """Proof of one delivery: `found` says that the bytes were already there under the final name."""

    size: int
    sha256: str
    final_path: str
    found: bool


@dataclass(frozen=True)
class Delivery:
    """What `deliver` found out: outcome, a sentence for a person, and what identifies the bytes."""

    outcome: Outcome
    detail: str
    size: int
    sha256: str
    final_path: str
    found: bool = False
