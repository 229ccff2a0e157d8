"""The PGP envelope of one partnership: our key made for this partner, the partner's key, both pinned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from formats.errors import SettingsError
from resources.endpoint import read_private_file
from resources.partners import Partner
from resources.pgp import Keyring, PartnerKey, keyring


@contextmanager
def keyring_of(partner: Partner) -> Iterator[Keyring]:
    """A keyring for the length of a block.

    Raises:
        SettingsError: a key file is missing, open to others, or not the pinned key of ours.
        ExchangeError: the partner's key file is not the pinned key.
    """
    terms = partner.pgp
    secret = read_private_file(terms.our_secret_key, where=partner.code)
    try:
        public = terms.partner_public_key.read_bytes()
    except OSError as error:
        raise SettingsError(f"the partner's PGP key can't be read: {error.strerror}", where=partner.code) from error
    with keyring(secret, [PartnerKey(partner.code, public, terms.partner_fingerprint)]) as ring:
        if ring.own_fingerprint != terms.our_fingerprint:
            raise SettingsError(
                "our PGP key file is not the key that the profile pins",
                where=partner.code,
                hint="correct pgp.our_fingerprint or pgp.our_secret_key in the partner's profile",
            )
        yield ring
