"""Checking BAI2: control totals and counts against the records, balances against the transactions."""

import polars as pl

from formats.bai2.schema import Statement, signed_cents
from formats.problems import WARNING
from formats.rules import Rule, broken, together

_C = pl.col


def check(statement: Statement) -> pl.DataFrame:
    """Report what breaks the form of a statement: columns of `PROBLEMS`."""
    accounts, groups, file = _recounted(statement)
    return together(
        [
            broken(statement.transactions, _TRANSACTION_RULES),
            broken(accounts, [*_trailer("account", {"cents": 2, "records": 3}), *_ACCOUNT_RULES]),
            broken(groups, [*_trailer("group", {"cents": 2, "accounts": 3, "records": 4}), *_GROUP_RULES]),
            broken(file, [*_trailer("file", {"cents": 2, "groups": 3, "records": 4}), *_FILE_RULES]),
        ]
    )


def _recounted(statement: Statement) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Sum each level anew: an account's total is every amount of its 03 and 16 records."""
    moved = statement.transactions.group_by("account").agg(listed=_C("amount_cents").sum(), moved=signed_cents().sum())
    told = statement.summaries.group_by("account").agg(told=_C("amount_cents").sum())
    accounts = (
        statement.accounts.join(moved, on="account", how="left", maintain_order="left")
        .join(told, on="account", how="left", maintain_order="left")
        .with_columns(_C("listed", "moved", "told").fill_null(0))
        .with_columns(
            cents=_C("listed")
            + _C("told")
            + _C("opening_ledger_cents").fill_null(0)
            + _C("closing_ledger_cents").fill_null(0)
        )
    )
    per_group = accounts.group_by("group").agg(_C("cents").sum(), accounts=pl.len().cast(pl.Int64))
    groups = statement.groups.join(per_group, on="group", how="left", maintain_order="left").with_columns(
        _C("cents", "accounts").fill_null(0)
    )
    file = statement.file.with_columns(
        cents=pl.lit(groups["cents"].sum(), pl.Int64), groups=pl.lit(groups.height, pl.Int64)
    )
    return accounts, groups, file


def _trailer(record: str, places: dict[str, int]) -> list[Rule]:
    rules = [
        Rule(
            f"bai2.{record}.no_trailer",
            _C("control_line").is_null() & _C("line").is_not_null(),
            None,
            f"the {record} has no trailer",
        )
    ]
    for name, place in places.items():
        claim = _C(f"control_{name}")
        rules.append(
            Rule(
                f"bai2.{record}.{name}",
                _C("control_line").is_not_null() & claim.ne_missing(_C(name)),
                place,
                pl.format(f"{name} of the {record} trailer is {{}}, the records give {{}}", claim, _C(name)),
                "the file was changed or cut after it was made: ask for it again",
            )
        )
    return rules


_TRANSACTION_RULES = [
    Rule(
        "bai2.transaction.type_code",
        ~_C("type_code").str.contains(r"^\d{3}$"),
        2,
        "the type code must be three digits",
    ),
    Rule(
        "bai2.transaction.direction",
        _C("type_code").str.contains(r"^\d{3}$") & signed_cents().is_null() & _C("amount_cents").is_not_null(),
        2,
        pl.format("type code {} is neither a credit nor a debit", "type_code"),
        "it is left out of the balance",
        WARNING,
    ),
    Rule("bai2.transaction.amount_sign", _C("amount_cents") < 0, 3, "a transaction's amount may not carry a minus"),
]
_ACCOUNT_RULES = [
    Rule("bai2.account.number", _C("account_number") == "", 2, "the account number is blank"),
    Rule(
        "bai2.account.balance",
        _C("opening_ledger_cents") + _C("moved") != _C("closing_ledger_cents"),
        None,
        "opening balance and transactions do not make the closing balance",
        "the bank may not list every transaction: compare before posting",
        WARNING,
    ),
]
_GROUP_RULES = [
    Rule("bai2.group.as_of_date", _C("as_of_date").is_null(), 5, "the as-of date is missing or no date"),
    Rule(
        "bai2.group.status",
        ~_C("status").is_in(["1", "2", "3", "4"]),
        4,
        "the group status must be 1 to 4",
    ),
    Rule(
        "bai2.group.not_update",
        _C("status").is_in(["2", "3", "4"]),
        4,
        "the group is a deletion, a correction or a test, not an update",
        "a person decides before it is posted",
        WARNING,
    ),
]
_FILE_RULES = [
    Rule("bai2.file.no_header", _C("line").is_null(), None, "the file has no header (record 01)"),
    Rule("bai2.file.creation_date", _C("creation_date").is_null(), 4, "the creation date is missing or no date"),
]
