"""`bank-test`: the file a bank asks for at onboarding, made from its profile, and written to disk."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from assets.payments.onboarding import Identity, Trial, trial_files
from assets.payments.opening import opened
from formats.errors import SettingsError
from pipelines.acts import company_ids
from resources.bank_terms import BankTerms
from resources.desk import Desk
from resources.home import Home
from resources.partners import Partner, bank_terms, load_partner


def bank_test(
    home: Home, profile: str, out: Path | None, business_date: dt.date, *, company: str | None, desk: Callable[[], Desk]
) -> dict[str, Any]:
    """Make the test files of a bank and write them.

    Args:
        home: where the partners' profiles lie.
        profile: a path, or a partner's code.
        out: the file to write; further files get a number before the suffix. None: named by the profile's template, in
            the working directory.
        business_date: creation date.
        company: code of a company of the record in whose name they go; None: an invented one.
        desk: opens the record; only called for a company.

    Returns:
        profile, company, business_date, files: each path, segment, sha256, batches, entries, addenda, debit_cents,
        credit_cents, entry_hash, records, effective_dates, send_by.

    Raises:
        SettingsError: no such profile, bank or company; the file can't be written.
        DaybookError: the profile makes a file that the standard forbids or that does not prove.
    """
    partner = _profile(home, profile)
    terms = bank_terms({partner.code: partner}, partner.code)
    who = Identity() if company is None else _identity(desk(), company, terms)
    trials = trial_files(terms, who, business_date)
    files = [_written(each, _path(each, partner, who.code, business_date, out)) for each in trials]
    return {
        "profile": partner.code,
        "company": who.code,
        "business_date": business_date.isoformat(),
        "files": files,
    }


def _profile(home: Home, profile: str) -> Partner:
    path = Path(profile)
    if path.suffix != ".toml" and not path.exists():
        path = home.partners / f"{profile}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in home.partners.glob("*.toml"))) or "none yet"
        raise SettingsError(
            f"there is no profile {profile}", where=str(home.partners), hint=f"a path, or one of: {known}"
        )
    return load_partner(path)


def _identity(desk: Desk, company: str, terms: BankTerms) -> Identity:
    ids = company_ids(desk)
    if company not in ids:
        raise SettingsError(
            f"no company is called {company}", hint=f"companies: {', '.join(sorted(ids)) or 'none yet'}"
        )
    number = ids[company]
    found = desk.record.read("payments/company_identity", companies=[number], company=number).row(0, named=True)
    if terms.balanced == "none":
        return Identity(**found)
    own = desk.record.read("payments/offset_accounts", companies=[number], codes=[terms.offset_account])
    account = opened(own, desk.vault) if not own.is_empty() else pl.DataFrame()
    if account.is_empty() or account.item(0, "account") is None:
        raise SettingsError(
            f"company {company} has no own account {terms.offset_account} that opens",
            hint="load it with bank_accounts.csv without a member, or correct offset_account",
        )
    row = account.row(0, named=True)
    return Identity(
        **found,
        offset_routing=row["offset_routing"],
        offset_account=row["account"],
        offset_type=row["offset_type"],
        offset_name=row["offset_name"],
    )


def _path(trial: Trial, partner: Partner, company: str, business_date: dt.date, out: Path | None) -> Path:
    if out is None:
        return Path(partner.named(company, "test", business_date, trial.sequence))
    return out if trial.sequence == 1 else out.with_stem(f"{out.stem}-{trial.sequence}")


def _written(trial: Trial, path: Path) -> dict[str, Any]:
    try:
        path.write_bytes(trial.data)
    except OSError as error:
        raise SettingsError(f"the file can't be written: {error.strerror}", where=str(path)) from None
    counted = trial.totals
    return {
        "path": str(path),
        "segment": trial.segment,
        "batches": counted.batches,
        "entries": counted.entries,
        "addenda": counted.addenda,
        "debit_cents": counted.debit_cents,
        "credit_cents": counted.credit_cents,
        "entry_hash": counted.entry_hash,
        "records": counted.records,
        "effective_dates": [day.isoformat() for day in trial.effective_dates],
        "send_by": trial.send_by.isoformat(timespec="minutes"),
        "sha256": hashlib.sha256(trial.data).hexdigest(),
    }
