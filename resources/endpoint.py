"""Where a partner is and how we prove it: the settings of one SFTP endpoint, and SSH key pairs.

Belongs here: what is known before a connection is made. Does not: sockets (session.py).
"""

import base64
import binascii
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from formats.errors import SettingsError
from resources.sending import UNFINISHED, Mode

HOST_KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
REFERENCE = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)$"

RemoteFolder = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]


class Endpoint(BaseModel):
    """One partner's SFTP server. Frozen; holds references to secrets, never a secret.

    `host_key` is the server's public key line ("ssh-ed25519 AAAA..."), got by another channel.
    `inbox` is the folder we deliver to, `outbox` the one we fetch from, as the server names them.
    `password` is a reference: `env:NAME` or `file:/path` (readable by the owner only).
    `mode` is how a file appears there; `marker` is what the vendor puts behind the name of a file that is complete.
    Timeouts are seconds; `op_timeout_s` bounds every single answer, transfers get more by their size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$")]
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    username: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    private_key_path: Path | None = None
    password: Annotated[str, StringConstraints(pattern=REFERENCE)] | None = None
    host_key: str
    inbox: RemoteFolder = "inbox"
    outbox: RemoteFolder = "outbox"
    mode: Mode = Mode.RENAME
    marker: Annotated[str, StringConstraints(pattern=r"^[._-][A-Za-z0-9._-]{1,19}$")] = ".done"
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    op_timeout_s: Annotated[float, Field(gt=0, le=300)] = 15.0

    @field_validator("host_key")
    @classmethod
    def _pinned(cls, line: str) -> str:
        """Keep type and key, drop the comment; refuse what is not a public key line of a type we accept."""
        kind, _, rest = line.strip().partition(" ")
        body = rest.split(" ")[0]
        if kind not in HOST_KEY_TYPES:
            raise ValueError("host_key must be a public key line that starts with " + ", ".join(HOST_KEY_TYPES))
        try:
            blob = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise ValueError("host_key is not a public key line: its second word is not base64") from error
        if blob[4 : 4 + len(kind)] != kind.encode():
            raise ValueError("host_key names one key type and holds another")
        return f"{kind} {body}"

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.private_key_path is None) == (self.password is None):
            raise ValueError("give either private_key_path or password (a reference), not both")
        return self

    @field_validator("marker")
    @classmethod
    def _finished(cls, marker: str) -> str:
        if marker.lower().endswith(UNFINISHED):
            raise ValueError("marker must not look like an unfinished upload: " + ", ".join(UNFINISHED))
        return marker

    @property
    def host_key_type(self) -> str:
        """The pinned key's type, for instance `ssh-ed25519`."""
        return self.host_key.split(" ")[0]

    @property
    def host_key_fingerprint(self) -> str:
        """The pinned key's fingerprint as `ssh-keygen -l` prints it, for instance `SHA256:...`."""
        digest = hashlib.sha256(base64.b64decode(self.host_key.split(" ")[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")

    @property
    def where(self) -> str:
        """The endpoint for messages: partner, host and port."""
        return f"{self.name}, {self.host}:{self.port}"


def read_secret(reference: str, *, where: str) -> str:
    """The secret a reference points at (`env:NAME` or `file:/path`), without its line end.

    Raises SettingsError when it is absent, empty, or in a file that others can read.
    """
    if not re.match(REFERENCE, reference):
        raise SettingsError("A secret must be given as env:NAME or file:/path", where=where)
    kind, _, target = reference.partition(":")
    if kind == "env":
        value = os.environ.get(target, "")
        if not value:
            raise SettingsError(f"The environment variable {target} is not set", where=where)
        return value
    value = read_private_file(Path(target), where=where).decode("utf-8", "strict").rstrip("\r\n")
    if not value:
        raise SettingsError(f"The secret file {target} is empty", where=where)
    return value


def read_private_file(path: Path, *, where: str) -> bytes:
    """Bytes of a file that only its owner may read. Raises SettingsError with the command that mends it."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"Cannot read {path}: {error.strerror}", where=where) from error
    if stat.S_IMODE(mode) & 0o077:
        raise SettingsError(f"{path} can be read by others", where=where, hint=f"run: chmod 600 {path}")
    return data


@dataclass(frozen=True)
class SshKeyPair:
    """An ed25519 pair: `private` in OpenSSH form without a passphrase, `public_line` for authorized keys."""

    private: bytes
    public_line: str

    def __repr__(self) -> str:
        """Show the public half only: a pair may end up in a message."""
        return f"SshKeyPair(public_line={self.public_line!r})"


def make_ssh_keypair() -> SshKeyPair:
    """A new ed25519 pair. The caller stores the private half (0600 or in the vault)."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return SshKeyPair(private=private, public_line=public.decode("ascii"))


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read from its first moment; refuses to replace one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
