"""PGP with partners: encrypt and sign to pinned fingerprints, open only what a pinned key signed.

A keyring lives as long as one `with`: a private home in memory where the system has such a place, made from key
material that the vault keeps, and ended with its agent. Nothing is trusted because gpg once saw it.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gnupg

from formats.errors import ExchangeError, SettingsError
from resources.pgp_home import gpg_home, in_time

MAX_PLAIN_BYTES = 256 * 1024 * 1024  # 2 GB of zeros fit in 2.5 MB of message; stop long before memory does
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")


@dataclass(frozen=True)
class PartnerKey:
    """A partner's public key and the fingerprint agreed by another channel (primary key, hexadecimal)."""

    partner: str
    public_key: bytes
    fingerprint: str


@dataclass(frozen=True)
class KeyPair:
    """A new pair; the secret half is not shown and has no passphrase: the caller's vault protects it."""

    secret_armor: bytes = field(repr=False)
    public_armor: bytes
    fingerprint: str


class Keyring:
    """Our key and the pinned keys of partners, usable inside `with keyring(...)` only."""

    def __init__(self, gpg: gnupg.GPG, own_fingerprint: str, partners: Sequence[PartnerKey]) -> None:
        self.own_fingerprint = own_fingerprint
        self._gpg = gpg
        self._names = {normal(key.fingerprint): key.partner for key in partners}

    def usable_until(self, fingerprint: str) -> dt.datetime | None:
        """When one of this keyring's keys expires for our purpose, in UTC; None: never."""
        with in_time(self._gpg.gnupghome, self._names.get(normal(fingerprint), "")):
            found = self._gpg.list_keys(keys=[normal(fingerprint)])
        return _until(found[0])

    def refuse_expired(self, to_fingerprint: str, moment: dt.datetime) -> None:
        """Raise ExchangeError, naming the partner, when its key or ours has expired at `moment`."""
        to = self._pinned(to_fingerprint)
        for whose, fingerprint in (("the partner's", to), ("our", self.own_fingerprint)):
            until = self.usable_until(fingerprint)
            if until is not None and until <= moment:
                raise ExchangeError(
                    f"Nothing was sent: {whose} PGP key expired on {until:%Y-%m-%d}",
                    where=self._names[to],
                    hint="agree on a new key with the partner and pin it in the profile and in exchange.toml",
                )

    def encrypt_and_sign(self, data: bytes, to_fingerprint: str, *, armor: bool = False) -> bytes:
        """Message for one pinned partner, signed by our key; binary, or text when `armor`.

        Raises ExchangeError, or SettingsError when gpg does not answer; both name the partner.
        """
        to = self._pinned(to_fingerprint)
        with _pipes(self._names[to], "encrypt"), in_time(self._gpg.gnupghome, self._names[to], len(data)):
            result = self._gpg.encrypt(data, [to], sign=self.own_fingerprint, armor=armor)
        if not result.ok or result.returncode != 0:
            raise ExchangeError(
                f"Could not encrypt and sign: {result.status or 'no reason given'}",
                where=self._names[to],
                hint="is the partner's key, or ours, expired or revoked?",
            )
        return bytes(result.data)

    def decrypt_verified(self, data: bytes, signer_fingerprint: str) -> bytes:
        """The plain bytes of a message to us, only if exactly the pinned signer signed it and nothing was altered.

        Raises ExchangeError naming the partner; what was decrypted is then dropped, and never was on a disk.
        SettingsError, naming it too, when gpg does not answer: that says nothing of the message.
        """
        signer = self._pinned(signer_fingerprint)
        with _pipes(self._names[signer], "decrypt"), in_time(self._gpg.gnupghome, self._names[signer], len(data)):
            result = self._gpg.decrypt(data, extra_args=["--max-output", str(MAX_PLAIN_BYTES)])
        reason = _why_not_trusted(result, signer)
        if reason is not None:
            raise ExchangeError(f"The message is not accepted: {reason}", where=self._names[signer])
        return bytes(result.data)

    def _pinned(self, fingerprint: str) -> str:
        pinned = normal(fingerprint)
        if pinned not in self._names:
            raise ExchangeError(f"The key {pinned} is not pinned for any partner of this keyring")
        return pinned


@contextmanager
def keyring(secret_key: bytes, partners: Sequence[PartnerKey]) -> Iterator[Keyring]:
    """A short-lived keyring of our secret key and the partners' public keys.

    Raises SettingsError when gpg is missing, hangs or can't use our key, ExchangeError naming the partner when a
    stored key is not the pinned one. During a change of keys a partner may appear with both.
    """
    names = ", ".join(dict.fromkeys(key.partner for key in partners))
    with gpg_home(names) as gpg:
        with in_time(gpg.gnupghome, names):
            own = _import(gpg, secret_key, partners)
        yield Keyring(gpg, own, partners)


def _import(gpg: gnupg.GPG, secret_key: bytes, partners: Sequence[PartnerKey]) -> str:
    """Fill a new home; our key's fingerprint."""
    own = gpg.import_keys(secret_key)
    if len(set(own.fingerprints)) != 1 or not own.sec_imported:
        raise SettingsError("Our PGP secret key can't be used: give exactly one secret key without a passphrase")
    for key in partners:
        found = set(gpg.import_keys(key.public_key).fingerprints)
        if found != {normal(key.fingerprint)}:
            raise ExchangeError(
                "The stored PGP key is not the one pinned by fingerprint",
                where=key.partner,
                hint="ask the partner by telephone which one is right",
            )
    if partners:
        # The fingerprint was agreed with a person: that is the trust, for these keys and no others.
        gpg.trust_keys([normal(key.fingerprint) for key in partners], "TRUST_ULTIMATE")
    return str(own.fingerprints[0])


def key_expiry(key: bytes) -> dt.datetime | None:
    """When the one key in this key file, public or secret, expires for our purpose, in UTC; None: never.

    Raises SettingsError when the file does not hold exactly one key, or gpg does not answer.
    """
    with gpg_home() as gpg, in_time(gpg.gnupghome):
        found = gpg.scan_keys_mem(key)
    if len(found) != 1:
        raise SettingsError(f"A PGP key file must hold one key, this one holds {len(found)}")
    return _until(found[0])


def _until(key: dict[str, Any]) -> dt.datetime | None:
    """A key is of use until itself expires, or the last of its subkeys for encryption does."""
    subkeys = [info["expires"] for info in key["subkey_info"].values() if "e" in info["cap"]]
    ends = [key["expires"]]
    if subkeys and all(subkeys):
        ends.append(max(subkeys, key=int))
    moments = [int(end) for end in ends if end]
    return dt.datetime.fromtimestamp(min(moments), dt.UTC) if moments else None


def make_keypair(name: str, *, expires: str = "2y") -> KeyPair:
    """A new curve key for signing with a subkey for encryption; `expires` as gpg takes it (2y, 90d, 0 for never)."""
    with gpg_home() as gpg, in_time(gpg.gnupghome):
        made = gpg.gen_key(
            gpg.gen_key_input(
                key_type="EDDSA",
                key_curve="ed25519",
                key_usage="sign",
                subkey_type="ECDH",
                subkey_curve="cv25519",
                subkey_usage="encrypt",
                name_real=name,
                name_email="",
                name_comment="",
                expire_date=expires,
                no_protection=True,
            )
        )
        if not made.fingerprint:
            raise SettingsError(f"gpg made no key: {made.status or 'no reason given'}")
        secret = gpg.export_keys(made.fingerprint, secret=True, expect_passphrase=False)
        public = gpg.export_keys(made.fingerprint)
    return KeyPair(secret.encode("ascii"), public.encode("ascii"), made.fingerprint)


def normal(fingerprint: str) -> str:
    """A fingerprint without spaces, in capitals. Raises SettingsError if it is not a whole one."""
    clean = fingerprint.replace(" ", "").upper()
    if not _FINGERPRINT.fullmatch(clean):
        raise SettingsError("A PGP key is pinned by its whole fingerprint: 40 (or 64) hexadecimal digits")
    return clean


# gpg's word for it: what a person needs to know.
_UNOPENED = {
    "no data was provided": "it is no PGP message",
    "no secret key": "it is encrypted for another key than ours (no secret key)",
}


def _why_not_trusted(result: gnupg.Crypt, signer: str) -> str | None:
    """Why a decryption result is refused; None only for one valid signature by `signer` over unaltered data.

    The library's `ok` alone says that it could be decrypted: an unsigned message, and one signed by anybody, is ok.
    """
    bad = [problem["status"] for problem in result.problems if problem["status"] != "no secret key"]
    checks = (
        (result.ok, _UNOPENED.get(result.status, f"it can't be decrypted ({result.status or 'no reason given'})")),
        (not bad, f"its signature does not hold ({''.join(bad[:1])})"),
        (result.valid and result.sig_info, "it is not signed"),
        (len(result.sig_info) == 1, "it has more than one signature"),
        (result.pubkey_fingerprint == signer, "it is signed by another key than the pinned one"),
        (result.returncode == 0, f"gpg gave up (too large, or damaged; code {result.returncode})"),
    )
    return next((reason for passed, reason in checks if not passed), None)


@contextmanager
def _pipes(partner: str, act: str) -> Iterator[None]:
    """When gpg stops reading early (an unusable key, say) the pipe breaks: the file failed, not the run."""
    try:
        yield
    except OSError as error:
        raise ExchangeError(f"gpg stopped while it was to {act}", where=partner) from error
