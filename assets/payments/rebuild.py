"""Rebuilding: the bytes of a recorded ACH file again, from the record alone."""

from __future__ import annotations

from assets.payments.file import ach_file
from assets.payments.opening import opened
from formats.errors import RecordError
from resources.record import Tx
from resources.sealed import ACCOUNT
from resources.vault import Vault


def rebuild(tx: Tx, company: int, file_id: int, vault: Vault) -> bytes:
    """Make the bytes of a recorded file again, from the record alone.

    Raises:
        RecordError: there is no such file, or an account can't be opened.
    """
    found = tx.read("payments/head_of_file", company=company, file_id=file_id)
    if found.is_empty():
        raise RecordError(f"company {company} has no ACH file {file_id}")
    head = opened(found, vault).row(0, named=True)
    entries = tx.read("payments/entries_of_file", company=company, file_id=file_id)
    account = vault.open(entries["company_id"], entries["account_sealed"], ACCOUNT).alias("account")
    return ach_file(head, entries.with_columns(account))
