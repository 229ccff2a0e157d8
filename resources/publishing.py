"""The three ways in which a file appears at a partner, each once: by rename, by marker, or written once.

Belongs here: the order of looks and acts over one open session. Does not: what a sight means (sending.py), and what
to do about a lost line (transport.py). See docs/rooms/delivery.md for the protocol.
"""

from collections.abc import Callable

from formats.errors import ExchangeError
from resources.line import DoubtError, RefusedError
from resources.sending import (
    Act,
    Mode,
    OnStep,
    Outcome,
    Parcel,
    Receipt,
    Seen,
    Step,
    after_refused_rename,
    next_act,
    next_act_marked,
    next_act_once,
)
from resources.session import Session


def put(session: Session, what: Parcel, on_step: OnStep, *, unanswered: bool = False) -> Receipt:
    """Give the parcel to the partner, once, in its endpoint's mode; the receipt says whether it was there already.

    `unanswered` says that an earlier attempt made its decisive request and the reply is not known. Raises
    RefusedError (this attempt proved not delivered), LineLostError, DoubtError, or what `on_step` raises.
    """
    found = _WAYS[session.endpoint.mode](session, what, on_step, unanswered)
    on_step(Step.SENT)
    return Receipt(what.size, what.sha256, session.path(what.name), found=found)


def _by_rename(session: Session, what: Parcel, on_step: OnStep, unanswered: bool) -> bool:
    final, part = session.path(what.name), session.path(what.part_name)
    final_seen, part_seen = session.look(final, what), session.look(part, what)
    act = next_act(final_seen, part_seen, unanswered=unanswered)
    if act is Act.DONE:
        if part_seen is not Seen.ABSENT:
            session.discard(part)
        return True
    _stop(session, what, act)
    if act is Act.UPLOAD:
        try:
            on_step(Step.UPLOADING)
            _upload_part(session, part, what)
            on_step(Step.UPLOADED)
            _verify(session, part, what)
        except RefusedError:
            # A second sender of the same bytes may have finished meanwhile and taken our upload along.
            if session.look(final, what) is not Seen.OURS:
                raise
            return True
    on_step(Step.VERIFIED)
    on_step(Step.RENAMING)
    return _rename(session, what, unanswered=unanswered)


def _upload_part(session: Session, part: str, what: Parcel) -> None:
    """Write the bytes over whatever is there, never truncating: a late packet of a dead sender then spoils nothing."""
    present = session.size(part)
    if present is not None and present > what.size:
        session.discard(part)
        present = None
    if present is None:
        try:
            session.create(part)
        except RefusedError:
            if session.size(part) is None:
                raise
    session.write_over(part, what)


def _rename(session: Session, what: Parcel, *, unanswered: bool) -> bool:
    """Rename and prove it. True if the final name turned out to be there already with our bytes."""
    final, part = session.path(what.name), session.path(what.part_name)
    try:
        session.rename(part, final)
    except RefusedError as refusal:
        outcome = _after_refusal(session, what, unanswered=unanswered)
        if outcome is Outcome.UNKNOWN:
            raise DoubtError(f"{refusal.what}, and the file is not seen", where=refusal.where) from refusal
        if outcome is Outcome.FAILED:
            raise
        return True
    try:
        size = session.size(final)
    except ExchangeError:
        # The rename of verified bytes was confirmed; a partner may forbid or cut every look after it.
        return False
    if size is not None and size != what.size:
        raise DoubtError(
            f"The server confirmed the rename but shows {size} bytes instead of {what.size}",
            where=session.endpoint.where,
        )
    return False


def _after_refusal(session: Session, what: Parcel, *, unanswered: bool) -> Outcome:
    try:
        seen = [session.look(session.path(name), what) for name in (what.name, what.part_name)]
    except RefusedError:
        return Outcome.UNKNOWN
    return after_refused_rename(seen[0], seen[1], unanswered=unanswered)


def _by_marker(session: Session, what: Parcel, on_step: OnStep, unanswered: bool) -> bool:
    final, marker = session.path(what.name), session.path(what.name + session.endpoint.marker)
    seen = session.look_closely(final, what)
    act = next_act_marked(seen, marked=session.size(marker) is not None, unanswered=unanswered)
    if act is Act.DONE:
        return True
    _stop(session, what, act)
    if act is Act.UPLOAD:
        on_step(Step.UPLOADING)
        if seen is Seen.ABSENT:
            session.create(final)
        session.write_over(final, what, window=1)
        on_step(Step.UPLOADED)
        _verify(session, final, what)
    on_step(Step.VERIFIED)
    on_step(Step.MARKING)
    try:
        session.create(marker)
    except RefusedError:
        if session.size(marker) is None:
            raise
    return False


def _by_writing_once(session: Session, what: Parcel, on_step: OnStep, unanswered: bool) -> bool:
    final, where = session.path(what.name), session.endpoint.where
    act = next_act_once(session.glimpse(final, what), unanswered=unanswered)
    if act is Act.DONE:
        return True
    _stop(session, what, act)
    on_step(Step.WRITING)
    shown = {"while it was open": session.write_new(final, what)}
    try:
        shown["afterwards"] = session.size(final)
    except ExchangeError:
        # Every piece and the close were confirmed; a drop box may forbid or cut every look after that.
        shown["afterwards"] = None
    for when, size in shown.items():
        if size is not None and size != what.size:
            raise DoubtError(f"The server showed {size} bytes instead of {what.size} {when}", where=where)
    if set(shown.values()) == {None}:
        raise DoubtError("The server confirmed every byte and lets nobody look at the file or its size", where=where)
    return False


def _verify(session: Session, path: str, what: Parcel) -> None:
    if session.look(path, what) is not Seen.OURS:
        raise RefusedError(
            "What the server holds after the upload is not what was sent (size or hash differs)",
            where=session.endpoint.where,
            hint="is its disk or quota full? Run again; the upload is written anew",
        )


def _stop(session: Session, what: Parcel, act: Act) -> None:
    """Go no further where the looks forbid it."""
    if act is Act.DOUBT:
        raise DoubtError(
            "An earlier deciding request was never answered, and what is seen now proves nothing",
            where=session.endpoint.where,
        )
    if act is Act.REFUSE:
        raise RefusedError(
            f"{what.name} (or its marker) is there already with other content; it is never overwritten",
            where=session.endpoint.where,
        )


_WAYS: dict[Mode, Callable[[Session, Parcel, OnStep, bool], bool]] = {
    Mode.RENAME: _by_rename,
    Mode.MARKER: _by_marker,
    Mode.WRITE_ONCE: _by_writing_once,
}
