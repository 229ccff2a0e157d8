"""A bank's profile and drafts for tests that need no server."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from resources.bank_terms import BankTerms
from resources.endpoint import Endpoint
from resources.partners import Partner, PgpTerms
from resources.record import Record
from resources.sealed import ACCOUNT
from resources.vault import Vault
from tests.support.seed import DAY

BANK = "first-harbor"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0hX0uJ9vBv3Qh8lq8S8W0nq3fGmE1eXy8o1m8s6v3M"


def terms(**changes: Any) -> BankTerms:
    """The usual bank terms, with these changed."""
    return BankTerms(
        **{
            "immediate_destination": "011000015",
            "destination_name": "FIRST HARBOR BANK",
            "origin_name": "DAYBOOK",
            "odfi": "01100001",
            "entry_limit_cents": 1_000_000,
            "file_limit_cents": 5_000_000,
            "day_limit_cents": 8_000_000,
            "time_zone": "America/New_York",
            "cutoffs": ({"name": "evening", "at": "20:00"},),
            **changes,
        }
    )


def bank(**changes: Any) -> dict[str, Partner]:
    """Profiles of one bank, as `load_partners` would give them; nothing behind it answers."""
    return {
        BANK: Partner(
            code=BANK,
            kind="bank",
            name="First Harbor Bank",
            sftp=Endpoint(
                name=BANK, host="127.0.0.1", port=1, username="x", private_key_path=Path("none"), host_key=HOST_KEY
            ),
            pgp=PgpTerms(
                our_fingerprint="A" * 40,
                partner_fingerprint="B" * 40,
                our_secret_key=Path("none"),
                partner_public_key=Path("none"),
            ),
            nacha=terms(**changes),
        )
    }


def accounts(vault: Vault, *numbers: str, **more: Any) -> list[dict[str, Any]]:
    """Rows of master.bank_account, one per number, sealed as intake seals them; code B1, B2 ..."""
    company = pl.Series([more.get("company_id", 1)] * len(numbers))
    clear = pl.Series(numbers)
    sealed, blind = vault.seal(company, clear, ACCOUNT), vault.blind(company, clear, ACCOUNT)
    return [
        {
            "account_id": at + 1,
            "code": f"B{at + 1}",
            "person_id": None,
            "account_sealed": sealed[at],
            "account_blind": blind[at],
            "account_last4": number[-4:],
            **more,
        }
        for at, number in enumerate(numbers)
    ]


def attempt(number: int, **more: Any) -> dict[str, Any]:
    """A row of payments.attempt for invoice `number`, from account B<number>."""
    return {
        "company_id": 1,
        "attempt_id": number,
        "invoice_id": 100 + number,
        "payer_part": 1,
        "attempt_no": 1,
        "account_code": f"B{number}",
        "amount_cents": 10_000 + number,
        "sec": "PPD",
        "wanted_date": DAY,
        "business_date": DAY,
        "run_no": 1,
        **more,
    }


def trial_balance(record: Record, *companies: int) -> dict[int, int]:
    """Balance per account over all companies, zero ones left out; its sum is zero."""
    with record.step("look", run_no=0, companies=companies or (1,), business_date=DAY) as tx:
        rows = tx.select("SELECT account, sum(amount_cents)::bigint AS cents FROM ledger.posting GROUP BY account")
    balance = {account: cents for account, cents in rows.sort("account").iter_rows() if cents}
    assert sum(balance.values()) == 0
    return balance


def look(record: Record, text: str, *companies: int, day: dt.date = DAY) -> pl.DataFrame:
    """The rows of a query over these companies (all of the small worlds, if none is named)."""
    with record.step("look", run_no=0, companies=companies or (1, 2), business_date=day) as tx:
        return tx.select(text)
