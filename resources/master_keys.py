"""The master keys behind the vault: from the environment or a private file, never from the database."""

import base64
import binascii
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from formats.errors import SettingsError


def parse(text: str, where: str) -> dict[int, bytes]:
    """Return the ring of keys by version that a text spells.

    It is base64 of 32 bytes, or several keys as `1:base64 2:base64`, apart by blanks or commas.

    Raises:
        SettingsError: it is not that. Nothing of it is shown.
    """
    try:
        keys = list(_keys(text.replace(",", " ").split()))
    except ValueError:
        keys = []
    if not keys or len(dict(keys)) < len(keys):
        raise SettingsError(
            "The master key can't be read", where=where, hint="it is base64 of 32 bytes: openssl rand -base64 32"
        )
    return dict(keys)


def load_or_create(path: Path) -> dict[int, bytes]:
    """Return the file's ring of keys; make the file with a fresh key if there is none.

    Keep a copy of this file apart from the database's: without it nothing sealed can be opened again.

    Raises:
        SettingsError: others than its owner may read the file, it is not ours, or holds no keys.
    """
    try:
        try:
            return parse(_private_text(path), str(path))
        except FileNotFoundError:
            _create(path)
            return parse(_private_text(path), str(path))
    except OSError as error:
        raise SettingsError(
            f"The key file can't be used: {error.strerror}", where=str(path), hint="check its folder and owner"
        ) from error


def _keys(words: Iterable[str]) -> Iterable[tuple[int, bytes]]:
    for word in words:
        version, colon, text = word.rpartition(":")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError from None
        if len(key) != 32:
            raise ValueError
        yield (int(version) if colon else 1), key


def _private_text(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as file:
        seen = os.fstat(file.fileno())
        if not stat.S_ISREG(seen.st_mode) or seen.st_mode & 0o077 or seen.st_uid not in {0, os.geteuid()}:
            raise SettingsError(
                "The key file must be readable for its owner only", where=str(path), hint=f"chmod 600 {path}"
            )
        return file.read(10_000)


def _create(path: Path) -> None:
    """Write a fresh key so that a crash leaves none or a whole one, and of two creators one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"1:{base64.b64encode(os.urandom(32)).decode()}\n")
            file.flush()
            os.fsync(handle)
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
