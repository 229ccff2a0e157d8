"""One SFTP session with a partner: look, read, list, and the send protocol over one line.

Does not belong here: connecting (line.py), what to do about a lost line (transport.py), and what a sight
means (sending.py).
"""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from formats.errors import ExchangeError
from resources.endpoint import Endpoint
from resources.line import TROUBLE, DoubtError, Limit, Line, RefusedError, credential_of, list_folder
from resources.sending import (
    Act,
    OnStep,
    Outcome,
    Parcel,
    Receipt,
    Seen,
    Step,
    after_refused_rename,
    next_act,
    parcel,
)

CHUNK = 32_768  # the request size every server takes
PREFETCH_FROM = 1_048_576  # below this the round trips of a plain read cost less than the thread
SLOWEST_BYTES_PER_S = 16_384  # a transfer slower than this is given up as hanging


@dataclass(frozen=True)
class Listed:
    """One name in a remote folder, as the server lists it; `modified` is seconds since 1970 by its clock."""

    name: str
    size: int
    modified: int
    is_file: bool


class Session:
    """An open, authenticated SFTP session. Made by `connect`; not for use by two threads at once."""

    def __init__(self, endpoint: Endpoint, line: "Line") -> None:
        self._endpoint, self._line, self._sftp = endpoint, line, line.open_sftp()

    def deliver(self, data: bytes, name: str, on_step: OnStep, *, unanswered: bool = False) -> Receipt:
        """Put `data` under `name` in the partner's inbox, once; see docs/rooms/delivery.md for the protocol.

        `unanswered` says that an earlier attempt asked for the rename and its reply is not known. Raises
        RefusedError (this attempt proved not delivered), LineLostError, DoubtError, or what `on_step` raises.
        """
        what, where = parcel(data, name), self._endpoint.where
        final, part = self._path(name), self._path(what.part_name)
        final_seen, part_seen = self.look(final, what), self.look(part, what)
        act = next_act(final_seen, part_seen, unanswered=unanswered)
        if act is Act.DONE:
            if part_seen is not Seen.ABSENT:
                self._discard(part)
            on_step(Step.SENT)
            return Receipt(what.size, what.sha256, final, found=True)
        if act is Act.DOUBT:
            raise DoubtError("An earlier rename was never answered, and what is seen now proves nothing", where=where)
        if act is Act.REFUSE:
            raise RefusedError(f"{name} is there already with other content; it is never overwritten", where=where)
        if act is Act.UPLOAD:
            try:
                on_step(Step.UPLOADING)
                self._upload(part, what)
                on_step(Step.UPLOADED)
                self._verify(part, what)
            except RefusedError:
                # A second sender of the same bytes may have finished meanwhile and taken our upload along.
                if self.look(final, what) is not Seen.OURS:
                    raise
                on_step(Step.SENT)
                return Receipt(what.size, what.sha256, final, found=True)
        on_step(Step.VERIFIED)
        on_step(Step.RENAMING)
        found = self._publish(part, final, what, unanswered=unanswered)
        on_step(Step.SENT)
        return Receipt(what.size, what.sha256, final, found=found)

    def look(self, path: str, what: Parcel) -> Seen:
        """Compare the remote file at `path` with the parcel, by size first and then by reading it back."""
        size = self.size(path)
        if size is None:
            return Seen.ABSENT
        if size != what.size:
            return Seen.OTHER
        digest = hashlib.sha256()
        for chunk in self._chunks(path, size):
            digest.update(chunk)
        return Seen.OURS if digest.hexdigest() == what.sha256 else Seen.OTHER

    def size(self, path: str) -> int | None:
        """Size of the remote file in bytes, None if there is none."""
        with self._limit(f"look at {path}"):
            try:
                return int(self._sftp.stat(path).st_size or 0)
            except FileNotFoundError:
                return None

    def read(self, path: str, size: int) -> bytes:
        """The first `size` bytes of a remote file (fewer if it is shorter)."""
        return b"".join(self._chunks(path, size))

    def list(self, folder: str) -> list[Listed]:
        """What is in a remote folder, by name; links and folders are listed with `is_file` False."""
        with self._limit(f"list {folder}"):
            found = list_folder(self._sftp, folder)
        return sorted(
            (
                Listed(a.filename, int(a.st_size or 0), int(a.st_mtime or 0), stat.S_ISREG(a.st_mode or 0))
                for a in found
            ),
            key=lambda listed: listed.name,
        )

    def _path(self, name: str) -> str:
        return f"{self._endpoint.inbox.rstrip('/')}/{name}"

    def _upload(self, part: str, what: Parcel) -> None:
        """Write the bytes over whatever is there, never truncating: see the protocol's second step."""
        present = self.size(part)
        if present is not None and present > what.size:
            self._discard(part)
            present = None
        if present is None:
            self._create(part)
        with self._limit(f"upload {part}", what.size):
            remote = self._sftp.open(part, "r+")
            remote.set_pipelined(True)
            try:
                for start in range(0, what.size, CHUNK):
                    remote.write(what.data[start : start + CHUNK])
                remote.close()
            except BaseException:
                # An open pipelined file waits for every answer when collected, on a line that may be dead.
                remote.set_pipelined(False)
                with suppress(*TROUBLE):
                    remote.close()
                raise

    def _create(self, part: str) -> None:
        """Make an empty file, only if there is none: creating over one would truncate it."""
        try:
            with self._limit(f"create {part}"):
                self._sftp.open(part, "wx").close()
        except RefusedError:
            if self.size(part) is None:
                raise

    def _verify(self, part: str, what: Parcel) -> None:
        if self.look(part, what) is not Seen.OURS:
            raise RefusedError(
                "What the server holds after the upload is not what was sent (size or hash differs)",
                where=self._endpoint.where,
                hint="is its disk or quota full? Run again; the upload is written anew",
            )

    def _publish(self, part: str, final: str, what: Parcel, *, unanswered: bool) -> bool:
        """Rename and prove it. True if the final name turned out to be there already with our bytes."""
        try:
            with self._limit(f"rename to {final}"):
                self._sftp.rename(part, final)
        except RefusedError as refusal:
            outcome = self._after_refusal(part, final, what, unanswered=unanswered)
            if outcome is Outcome.UNKNOWN:
                raise DoubtError(f"{refusal.what}, and the file is not seen", where=refusal.where) from refusal
            if outcome is Outcome.FAILED:
                raise
            return True
        try:
            size = self.size(final)
        except ExchangeError:
            # The rename of verified bytes was confirmed; a partner may forbid or cut every look after it.
            return False
        if size is not None and size != what.size:
            raise DoubtError(
                f"The server confirmed the rename but shows {size} bytes instead of {what.size}",
                where=self._endpoint.where,
            )
        return False

    def _after_refusal(self, part: str, final: str, what: Parcel, *, unanswered: bool) -> Outcome:
        try:
            seen = self.look(final, what), self.look(part, what)
        except RefusedError:
            return Outcome.UNKNOWN
        return after_refused_rename(*seen, unanswered=unanswered)

    def _discard(self, part: str) -> None:
        # A leftover under a temporary name harms nobody; the server may not let us remove anything.
        with suppress(RefusedError), self._limit(f"remove {part}"), suppress(FileNotFoundError):
            self._sftp.remove(part)

    def _chunks(self, path: str, size: int) -> Iterator[bytes]:
        with self._limit(f"read {path}", size), self._sftp.open(path, "rb") as remote:
            if size > PREFETCH_FROM:
                remote.prefetch(size)
            left = size
            while left > 0 and (chunk := remote.read(min(left, CHUNK))):
                left -= len(chunk)
                yield chunk

    def _limit(self, what: str, size: int = 0) -> "Limit":
        return Limit(self._line, what, self._endpoint.op_timeout_s + size / SLOWEST_BYTES_PER_S)


@contextmanager
def connect(endpoint: Endpoint) -> Iterator[Session]:
    """Connect, check the host key, log in, open SFTP; closes at the end whatever happened.

    Raises SettingsError, before a packet is sent, when a key or password can't be read; else ExchangeError.
    """
    credential = credential_of(endpoint)
    line = Line(endpoint)
    try:
        line.greet()
        line.log_in(credential)
        yield Session(endpoint, line)
    finally:
        line.close()
