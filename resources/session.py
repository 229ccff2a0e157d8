"""One SFTP session with a partner: look, read, list, create, write, rename, each within a time limit.

Does not belong here: connecting (line.py), the order of these acts (publishing.py), what to do about a lost line
(transport.py), and what a sight means (sending.py).
"""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import paramiko

from resources.allow_list import AllowedEndpoint
from resources.line import TROUBLE, DoubtError, Limit, Line, RefusedError, credential_of, list_folder, write_pieces
from resources.sending import Parcel, Seen

CHUNK = 32_768  # the request size every server takes
WINDOW = 64  # pieces that may be underway unanswered: two megabytes fill a fast line over a continent
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

    def __init__(self, endpoint: AllowedEndpoint, line: Line) -> None:
        self.endpoint = endpoint
        self._line, self._sftp = line, line.open_sftp()

    def path(self, name: str) -> str:
        """A name in the partner's inbox, as its server knows it."""
        return f"{self.endpoint.inbox.rstrip('/')}/{name}"

    def look(self, path: str, what: Parcel) -> Seen:
        """Compare the remote file at `path` with the parcel, by size first and then by reading it back."""
        size = self.size(path)
        if size is None:
            return Seen.ABSENT
        return Seen.OURS if size == what.size and self._holds(path, what, size) else Seen.OTHER

    def look_closely(self, path: str, what: Parcel) -> Seen:
        """`look` that also knows an unfinished upload of ours: BEGUN, also for an empty file."""
        size = self.size(path)
        if size is None or size >= what.size:
            return self.look(path, what)
        return Seen.BEGUN if self._holds(path, what, size) else Seen.OTHER

    def glimpse(self, path: str, what: Parcel) -> Seen:
        """`look` where the server may forbid to read the file, or to look at all."""
        try:
            size = self.size(path)
        except RefusedError:
            return Seen.HIDDEN
        try:
            return self.look(path, what)
        except RefusedError:
            return Seen.SIZED if size == what.size else Seen.OTHER

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

    def create(self, path: str) -> None:
        """Make an empty file; the server refuses when the name is there."""
        with self._limit(f"create {path}"):
            self._sftp.open(path, "wx").close()

    def write_over(self, path: str, what: Parcel, *, window: int = WINDOW) -> None:
        """Write the parcel's bytes into a file that is there, each at its place; never truncates.

        With a window of 1 each piece waits for the answer to the one before: whatever happens, no hole is left.
        """
        with self._limit(f"upload {path}", what.size), self._open(path, "r+") as remote:
            write_pieces(self._sftp, remote, what.data, CHUNK, window)

    def write_new(self, path: str, what: Parcel) -> int | None:
        """Create the file and write the parcel in one go, one confirmed piece after the other.

        Returns the size the server told of the open file before it was closed, None when it tells none. Raises
        RefusedError when the server refused to create it: then nothing is there. DoubtError when it refused later.
        """
        with self._limit(f"create {path}"):
            remote = self._sftp.open(path, "wx")
        try:
            with self._limit(f"upload {path}", what.size), _closed_on_trouble(remote):
                write_pieces(self._sftp, remote, what.data, CHUNK, 1)
            told = self._size_of_open(remote, path)
            with self._limit(f"close {path}"):
                remote.close()
        except RefusedError as refusal:
            raise DoubtError(
                f"{refusal.what}; a cut file may lie there under its final name, and can't be taken back",
                where=refusal.where,
                hint="ask the partner what it has, then declare the file sent, or failed to send it again",
            ) from refusal
        return told

    def rename(self, old: str, new: str) -> None:
        """Plain rename, which a careful server refuses when the new name is there; never `posix_rename`."""
        with self._limit(f"rename to {new}"):
            self._sftp.rename(old, new)

    def discard(self, path: str) -> None:
        """Remove an unfinished upload of ours. It harms nobody where it is; the server may not let us."""
        with suppress(RefusedError), self._limit(f"remove {path}"), suppress(FileNotFoundError):
            self._sftp.remove(path)

    def _holds(self, path: str, what: Parcel, size: int) -> bool:
        """Whether the remote file's first `size` bytes are the parcel's."""
        digest = hashlib.sha256()
        for chunk in self._chunks(path, size):
            digest.update(chunk)
        return digest.digest() == hashlib.sha256(memoryview(what.data)[:size]).digest()

    def _size_of_open(self, remote: paramiko.SFTPFile, path: str) -> int | None:
        with suppress(RefusedError), self._limit(f"look at the open {path}"):
            return int(remote.stat().st_size or 0)
        return None

    @contextmanager
    def _open(self, path: str, mode: str) -> Iterator[paramiko.SFTPFile]:
        remote = self._sftp.open(path, mode)
        with _closed_on_trouble(remote):
            yield remote
        remote.close()

    def _chunks(self, path: str, size: int) -> Iterator[bytes]:
        with self._limit(f"read {path}", size), self._sftp.open(path, "rb") as remote:
            if size > PREFETCH_FROM:
                remote.prefetch(size)
            left = size
            while left > 0 and (chunk := remote.read(min(left, CHUNK))):
                left -= len(chunk)
                yield chunk

    def _limit(self, what: str, size: int = 0) -> Limit:
        return Limit(self._line, what, self.endpoint.op_timeout_s + size / SLOWEST_BYTES_PER_S)


@contextmanager
def _closed_on_trouble(remote: paramiko.SFTPFile) -> Iterator[None]:
    """Close what the trouble left open, or the server keeps it; the trouble itself passes through."""
    try:
        yield
    except BaseException:
        with suppress(*TROUBLE):
            remote.close()
        raise


@contextmanager
def connect(endpoint: AllowedEndpoint) -> Iterator[Session]:
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
