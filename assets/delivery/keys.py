"""PGP keys that come to their end: a month, two weeks and one week before, and when it is too late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from formats.errors import SettingsError
from resources.endpoint import read_private_file
from resources.partners import Partner
from resources.pgp import key_expiry

WARN_DAYS = (30, 14, 7)
KEYS = {
    "partner": pl.String(),
    "whose": pl.String(),  # our, or their
    "fingerprint": pl.String(),
    "expires": pl.Date(),  # the first day it is of no use (UTC); null: never
}


def keys_of(partners: Iterable[Partner]) -> pl.DataFrame:
    """Both keys of each partnership with their last day, as KEYS; a file that can't be read has no row.

    What can't be read is told where it is used: no file leaves or enters without both keys.
    """
    rows = []
    for partner in partners:
        terms = partner.pgp
        for whose, path, fingerprint in (
            ("our", terms.our_secret_key, terms.our_fingerprint),
            ("their", terms.partner_public_key, terms.partner_fingerprint),
        ):
            try:
                key = read_private_file(path, where=partner.code) if whose == "our" else path.read_bytes()
                until = key_expiry(key)
            except (OSError, SettingsError):
                continue
            rows.append((partner.code, whose, fingerprint, None if until is None else until.date()))
    return pl.DataFrame(rows, schema=KEYS, orient="row")


def alarms(keys: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """What to raise on a day, one alarm per key: the nearest limit it has reached (30, 14, 7 days, expired).

    Args:
        keys: as KEYS.
        day: the day it is.

    Returns:
        key (which makes each alarm one for ever), kind `pgp_expiry`, detail; in the order of `keys`.
    """
    left = (pl.col("expires") - pl.lit(day)).dt.total_days()
    limit = pl.min_horizontal(pl.when(left <= days).then(pl.lit(days, pl.Int64)) for days in (0, *WARN_DAYS))
    near = keys.with_columns(left=left, limit=limit).filter(pl.col("limit").is_not_null())
    when = (
        pl.when(pl.col("limit") == 0)
        .then(pl.format("expired on {}: nothing is sent or accepted with it", "expires"))
        .otherwise(pl.format("expires on {}, in {} days", "expires", "left"))
    )
    return near.select(
        key=pl.format("pgp_expiry/{}/{}/{}", "partner", pl.col("fingerprint").str.tail(16), "limit"),
        kind=pl.lit("pgp_expiry"),
        detail=pl.format("{} PGP key for {} {}: agree on a new one with the partner", "whose", "partner", when),
    )
