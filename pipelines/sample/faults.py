"""Plants bad rows among good ones, and says exactly what intake must find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pipelines.sample.draw import Draw

Files = dict[str, pl.DataFrame]
KINDS = ("routing", "product", "duplicate", "period", "ssn", "company")


@dataclass
class Planted:
    """Rows to be put in, with what is wrong with each; `bad_rows` counts them by kind."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    wrong: dict[str, list[list[tuple[str, str]]]] = field(default_factory=dict)  # per row: (column, rule)
    after: dict[str, list[int]] = field(default_factory=dict)  # behind which good row
    bad_rows: dict[str, int] = field(default_factory=dict)

    def plant(self, kind: str, file: str, row: dict[str, Any], after: int, *wrong: tuple[str, str]) -> None:
        """Note one bad row."""
        self.rows.setdefault(file, []).append(row)
        self.wrong.setdefault(file, []).append(list(wrong))
        self.after.setdefault(file, []).append(after)
        self.bad_rows[kind] = self.bad_rows.get(kind, 0) + 1


def plant(seed: int, files: Files, count: int) -> tuple[Files, dict[str, int], list[dict[str, Any]]]:
    """Put `count` bad rows, at least one of each kind, into people, bank accounts and subscriptions.

    Returns:
        The files with the bad rows, how many there are by kind (cascade: rows that fall with another bad row), and
        each finding as file, line, column, rule.
    """
    planted = Planted()
    for at, kind in enumerate(KINDS):
        each = max(1, count // len(KINDS) + (at < count % len(KINDS)))
        _PLANTERS[kind](Draw(seed, f"bad {kind}"), files, planted, each)
    out, findings = dict(files), []
    for file in planted.rows:
        out[file], found = _mix(file, files[file], planted)
        findings += found
    return out, planted.bad_rows, findings


def _mix(file: str, good: pl.DataFrame, planted: Planted) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The file with its bad rows in place, and the physical lines they stand on."""
    bad = pl.DataFrame(planted.rows[file], schema=good.schema, infer_schema_length=None).with_columns(
        at_=pl.Series(planted.after[file], dtype=pl.Float64) + 0.5, bad_=pl.int_range(pl.len())
    )
    mixed = pl.concat(
        [good.with_columns(at_=pl.int_range(pl.len()).cast(pl.Float64), bad_=pl.lit(None, pl.Int64)), bad]
    ).sort("at_", maintain_order=True)
    breaks = pl.sum_horizontal(pl.col(pl.String).str.count_matches("\n", literal=True).fill_null(0))
    placed = mixed.select("bad_", line=(pl.int_range(pl.len()) + 2 + breaks.cum_sum().shift(1, fill_value=0)))
    found = [
        {"file": file, "line": line, "column": column, "rule": rule}
        for bad_, line in placed.drop_nulls().iter_rows()
        for column, rule in planted.wrong[file][bad_]
    ]
    return mixed.drop("at_", "bad_"), found


def _victims(draw: Draw, frame: pl.DataFrame, count: int) -> list[tuple[int, dict[str, Any]]]:
    at = draw.whole(count, 0, frame.height - 1)
    return list(zip(at.tolist(), frame[np.asarray(at)].to_dicts(), strict=True))


def _routing(draw: Draw, files: Files, planted: Planted, count: int) -> None:
    for no, (at, row) in enumerate(_victims(draw, files["bank_accounts.csv"], count)):
        last = (int(row["routing"][8]) + 1) % 10
        row |= {"account_code": f"BAD-ROUTING-{no + 1}", "routing": f"{row['routing'][:8]}{last}"}
        planted.plant("routing", "bank_accounts.csv", row, at, ("routing", "intake.routing"))


def _product(draw: Draw, files: Files, planted: Planted, count: int) -> None:
    for no, (at, row) in enumerate(_victims(draw, files["subscriptions.csv"], count)):
        row |= {"subscription_code": f"BAD-PRODUCT-{no + 1}", "product_code": "EG-COPPER"}
        planted.plant("product", "subscriptions.csv", row, at, ("product_code", "intake.unknown"))


def _duplicate(draw: Draw, files: Files, planted: Planted, count: int) -> None:
    for at, row in _victims(draw, files["people.csv"], count):
        planted.plant("duplicate", "people.csv", row, at, ("member_code", "intake.duplicate"))


def _period(draw: Draw, files: Files, planted: Planted, count: int) -> None:
    for no, (at, row) in enumerate(_victims(draw, files["subscriptions.csv"], count)):
        start = row["start_date"]
        row |= {"subscription_code": f"BAD-PERIOD-{no + 1}", "end_date": start.replace(year=start.year - 1, day=1)}
        planted.plant("period", "subscriptions.csv", row, at, ("end_date", "intake.period"))


def _ssn(draw: Draw, files: Files, planted: Planted, count: int) -> None:
    """People with an impossible number; their account and subscription fall with them."""
    drafted = files["subscriptions.csv"].with_row_index("at").filter(pl.col("method") == "ach")
    for no, (_, held) in enumerate(_victims(draw, drafted, count)):
        code = f"BAD-SSN-{no + 1}"
        company = held["company_code"]
        own = files["people.csv"].with_row_index("at").filter(
            (pl.col("member_code") == held["member_code"]) & (pl.col("company_code") == company)
        ).row(0, named=True)  # fmt: skip
        account = files["bank_accounts.csv"].with_row_index("at").filter(
            (pl.col("account_code") == held["account_code"]) & (pl.col("company_code") == company)
        ).row(0, named=True)  # fmt: skip
        ats = own.pop("at"), account.pop("at"), held.pop("at")
        own |= {"member_code": code, "ssn": f"000-{no % 98 + 1:02d}-{ats[0] % 9998 + 1:04d}"}
        account |= {"member_code": code, "account_code": f"{code}-A"}
        held |= {"member_code": code, "account_code": f"{code}-A", "subscription_code": f"{code}-S"}
        fallen = ("member_code", "intake.cascade")
        planted.plant("ssn", "people.csv", own, ats[0], ("ssn", "intake.ssn"))
        planted.plant("cascade", "bank_accounts.csv", account, ats[1], fallen)
        planted.plant("cascade", "subscriptions.csv", held, ats[2], fallen, ("account_code", "intake.cascade"))


def _company(draw: Draw, files: Files, planted: Planted, count: int) -> None:
    for no, (at, row) in enumerate(_victims(draw, files["people.csv"].filter(pl.col("relationship") == "self"), count)):
        row |= {"company_code": "LIGHTHOUSE", "member_code": f"BAD-COMPANY-{no + 1}"}
        planted.plant("company", "people.csv", row, at, ("company_code", "intake.unknown"))


_PLANTERS = {
    "routing": _routing,
    "product": _product,
    "duplicate": _duplicate,
    "period": _period,
    "ssn": _ssn,
    "company": _company,
}
