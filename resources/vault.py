"""The vault: account numbers, SSNs and whole files are sealed before they reach the database.

Encryption is done here and not in PostgreSQL, whose functions would put key and value in its statements.
Here are the primitives and the keys; which columns are sealed is the rooms' business.

A sealed value is one byte key version, 12 bytes random nonce, then AES-256-GCM ciphertext and tag. Company,
column and version are authenticated with it: a ciphertext moved to another company or column does not open.

Keys are derived, not stored: from a master (32 bytes) HKDF-SHA256 makes one key per company and use. There is
thus no table of wrapped keys that could be lost or fall out of step; to give up: one company's key can't be
destroyed by itself. Rotation adds a master under the next version: new values are sealed with it, old
ones open as long as their master stays in the ring, and re-sealing is `seal(open(...))` in the background.
The blind index uses the oldest master, so that it stays comparable until that one is retired.
"""

import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from formats.errors import RecordError, SettingsError
from resources import master_keys

ENVIRONMENT = "DAYBOOK_MASTER_KEY"
NONCE = 12
LONGEST_FILE = 2**31 - 1  # bytes in one GCM call
NUMBERS = frozenset({"ssn", "tin", "ein"})  # columns matched by their digits alone
HOUSE = 0  # the "company" of what belongs to none, such as a file not yet read


class Vault:
    """Seals and opens under a ring of master keys. Shows none of them, and can't be pickled."""

    __slots__ = ("_current", "_data_key", "_masters")

    def __init__(self, masters: Mapping[int, bytes]) -> None:
        """Take masters by version, 1 to 255; the highest seals."""
        if not masters or any(not 1 <= v <= 255 or len(key) != 32 for v, key in masters.items()):
            raise SettingsError("The vault needs master keys of 32 bytes, with versions from 1 to 255")
        self._masters = dict(masters)
        self._current = max(masters)
        self._data_key = lru_cache(maxsize=65_536)(self._derive)

    def __repr__(self) -> str:
        return f"Vault(versions={sorted(self._masters)})"

    def __reduce__(self) -> NoReturn:
        raise SettingsError("The vault is not to be pickled: its keys stay in this process")

    @property
    def fingerprint(self) -> str:
        """16 hex digits that tell one set of keys from another and nothing else; may be stored and shown."""
        return self._derive("fingerprint", HOUSE, min(self._masters))[:8].hex()

    def seal(self, company_ids: pl.Series, values: pl.Series, column: str) -> pl.Series:
        """Encrypt text. Nulls stay null.

        Args:
            company_ids: whose each value is.
            values: String, of the same length.
            column: "table.column"; it must be the same when opening.

        Returns:
            Binary, named as `values`; 29 bytes longer than the text, and never twice the same.

        Raises:
            RecordError: a value has no company.
        """
        count = len(values)
        nonces = os.urandom(NONCE * count)
        prefix = bytes([self._current])
        keys = self._ciphers(company_ids, values, column)
        sealed = [
            None
            if value is None
            else prefix
            + (nonce := nonces[at : at + NONCE])
            + keys[company][0].encrypt(nonce, value.encode(), keys[company][1])
            for company, value, at in zip(
                company_ids.to_list(), values.to_list(), range(0, NONCE * count, NONCE), strict=True
            )
        ]
        return pl.Series(values.name, sealed, dtype=pl.Binary)

    def open(self, company_ids: pl.Series, sealed: pl.Series, column: str) -> pl.Series:
        """Decrypt what `seal` made for the same companies and column, also under former keys.

        Returns:
            String, named as `sealed`; nulls stay null.

        Raises:
            RecordError: a value was changed or moved, or sealed under a key that we don't have. Names the
                column and company, never a value.
        """
        rings = {
            version: self._ciphers(company_ids, sealed, column, version)
            for version in self._masters
            if version == self._current or self._in_use(sealed, version)
        }
        opened: list[str | None] = []
        add = opened.append
        for company, value in zip(company_ids.to_list(), sealed.to_list(), strict=True):
            if value is None:
                add(None)
                continue
            try:
                cipher, context = rings[value[0]][company]
                add(cipher.decrypt(value[1 : 1 + NONCE], value[1 + NONCE :], context).decode())
            except (InvalidTag, KeyError, IndexError, ValueError):
                raise _unopened(column, company) from None
        return pl.Series(sealed.name, opened, dtype=pl.String)

    def blind(self, company_ids: pl.Series, values: pl.Series, column: str) -> pl.Series:
        """Return a keyed index to match by without opening: equal values of one company and column agree.

        HMAC-SHA256, keyed per company so that nothing can be matched across companies. The value is
        normalised first: a tax number to its digits, an account to upper case without outer blanks.
        Searching in another table takes the same `column`.

        Returns:
            Binary of 32 bytes, named as `values`; null where the value is null or empty.

        Raises:
            RecordError: a value has no company.
        """
        oldest = min(self._masters)
        plain = _normalised(values, column)
        _require_companies(company_ids, plain, column)
        keys = {
            company: self._data_key(f"blind:{column}", company, oldest)
            for company in company_ids.unique().drop_nulls().to_list()
        }
        found = [
            None if value is None else hmac.digest(keys[company], value.encode(), "sha256")
            for company, value in zip(company_ids.to_list(), plain.to_list(), strict=True)
        ]
        return pl.Series(values.name, found, dtype=pl.Binary)

    def seal_bytes(self, company_id: int, purpose: str, data: bytes) -> bytes:
        """Encrypt a whole file in one piece, for example purpose "nacha"; `HOUSE` if it is no company's.

        Raises:
            RecordError: the file has 2 GiB or more.
        """
        if len(data) > LONGEST_FILE - 16:
            raise RecordError("The file is too large to be sealed in one piece", where=purpose)
        nonce = os.urandom(NONCE)
        cipher, context = self._cipher(f"file:{purpose}", company_id, purpose, self._current)
        return b"".join((bytes([self._current]), nonce, cipher.encrypt(nonce, data, context)))

    def open_bytes(self, company_id: int, purpose: str, data: bytes) -> bytes:
        """Decrypt what `seal_bytes` made for the same company and purpose.

        Raises:
            RecordError: it was changed or moved, or sealed under a key that we don't have.
        """
        try:
            cipher, context = self._cipher(f"file:{purpose}", company_id, purpose, data[0])
            view = memoryview(data)
            return cipher.decrypt(data[1 : 1 + NONCE], view[1 + NONCE :], context)
        except (InvalidTag, KeyError, IndexError, ValueError):
            raise _unopened(purpose, company_id) from None

    def _derive(self, use: str, company: int, version: int) -> bytes:
        info = f"{use}|{company}|{version}".encode()
        kdf = HKDF(algorithm=SHA256(), length=32, salt=b"daybook vault", info=info)
        return kdf.derive(self._masters[version])

    def _cipher(self, use: str, company: int, column: str, version: int) -> tuple[AESGCM, bytes]:
        return AESGCM(self._data_key(use, company, version)), f"{company}|{column}|{version}".encode()

    def _ciphers(
        self, company_ids: pl.Series, values: pl.Series, column: str, version: int | None = None
    ) -> dict[int, tuple[AESGCM, bytes]]:
        _require_companies(company_ids, values, column)
        return {
            company: self._cipher("value", company, column, version or self._current)
            for company in company_ids.unique().drop_nulls().to_list()
        }

    @staticmethod
    def _in_use(sealed: pl.Series, version: int) -> bool:
        return bool(sealed.bin.starts_with(bytes([version])).any())


def last4(values: pl.Series) -> pl.Series:
    """Return what may be shown of a number: its last four characters, of a short one at most half of it."""
    plain = values.str.strip_chars()
    shown = pl.min_horizontal(pl.lit(4), plain.str.len_chars().cast(pl.Int64) // 2)
    frame = pl.DataFrame({"plain": plain})
    return frame.select(pl.col("plain").str.tail(shown).alias(values.name)).to_series()


def find(path: Path, environment: Mapping[str, str]) -> Vault:
    """Return the vault under the environment's DAYBOOK_MASTER_KEY, or else under the key file.

    Raises:
        SettingsError: the variable holds no keys, or as `load_or_create`.
    """
    text = environment.get(ENVIRONMENT, "")
    return Vault(master_keys.parse(text, ENVIRONMENT)) if text.strip() else load_or_create(path)


def load_or_create(path: Path) -> Vault:
    """Return the vault under the key file; make one with a fresh key if there is none.

    Keep a copy of this file apart from the database's: without it nothing sealed can be opened again.

    Raises:
        SettingsError: others than its owner may read the file, it is not ours, or holds no keys.
    """
    return Vault(master_keys.load_or_create(path))


def _normalised(values: pl.Series, column: str) -> pl.Series:
    if NUMBERS.intersection(column.rpartition(".")[2].split("_")):
        plain = values.str.replace_all(r"[^0-9]", "")
    else:
        plain = values.str.strip_chars().str.to_uppercase()
    return plain.set(plain == "", None)


def _require_companies(company_ids: pl.Series, values: pl.Series, column: str) -> None:
    if len(company_ids) != len(values) or bool((company_ids.is_null() & values.is_not_null()).any()):
        raise RecordError("A value to seal, open or match has no company", where=column)


def _unopened(column: str, company: int) -> RecordError:
    return RecordError(
        "A sealed value does not open: it was changed or moved, or sealed under another master key",
        where=f"{column} of company {company}",
        hint=f"check {ENVIRONMENT} or the key file against the one this database was made with",
    )
