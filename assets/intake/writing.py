"""From rows that may be loaded to the record: what is new is inserted, what differs updated, and both are noted.

Belongs here: comparing and writing, the same for every table. Not here: any rule about what a row may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from resources.record import Tx

Seal = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Table:
    """A master table: natural key, id (also the name of its query and update in sql/intake/), compared columns."""

    name: str  # master.<name>
    key: tuple[str, ...]
    id: str
    columns: tuple[str, ...]

    def recorded(self, tx: Tx) -> pl.DataFrame:
        """All its rows: key, id and compared columns."""
        return tx.read(f"intake/{self.name}")


def upsert(
    tx: Tx,
    table: Table,
    rows: pl.DataFrame,
    recorded: pl.DataFrame,
    *,
    sha256: bytes,
    seal: Seal | None = None,
    silent: Sequence[str] = (),
) -> tuple[pl.DataFrame, int]:
    """Bring a table up to date with these rows.

    Args:
        tx: the load's transaction.
        table: which.
        rows: key and compared columns, in the order in which new rows are to be numbered.
        recorded: the table's rows now, as `Table.recorded` gives them.
        sha256: of the file that says so, for intake.change.
        seal: adds the sealed columns to rows about to be written.
        silent: compared columns of which the file says nothing: a row that is known keeps its own.

    Returns:
        The table's rows afterwards (columns of `recorded`), and how many rows were new or different.
    """
    recorded = recorded.cast({c: rows.schema[c] for c in (*table.key, *table.columns)})
    was = recorded.select(*table.key, table.id, *(pl.col(c).alias(f"was_{c}") for c in table.columns))
    both = rows.join(was, on=list(table.key), how="left", maintain_order="left", nulls_equal=True)
    fresh = pl.col(table.id).is_null()
    both = both.with_columns(pl.when(fresh).then(c).otherwise(f"was_{c}").alias(c) for c in silent)
    differs = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"was_{c}")) for c in table.columns)
    kept = [*table.key, table.id, *table.columns]
    new = _numbered(tx, table, both.filter(fresh).drop(table.id), recorded)
    changed = both.filter(~fresh & differs)
    if seal:
        new, changed = seal(new), seal(changed)
    shed = [f"was_{c}" for c in table.columns]
    tx.append(f"master.{table.name}", new.drop(shed, strict=False))
    if not changed.is_empty():
        tx.apply(f"intake/update_{table.name}", changed.drop(shed))
    written = pl.concat([new.select(kept), changed.select(kept).cast(new.select(kept).schema)])
    note(tx, f"master.{table.name}", written, [c for c in table.key if c != "company_id"], sha256)
    untouched = recorded.select(kept).join(written, on=list(table.key), how="anti")
    state = pl.concat([untouched.cast(written.schema), written])
    return state, written.height


def _numbered(tx: Tx, table: Table, rows: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """New rows with the next dense ids: per company, or overall for the catalogue."""
    if "company_id" in table.key:
        return tx.number(rows, f"master.{table.name}", table.id)
    highest = recorded[table.id].max()
    first = (highest if isinstance(highest, int) else 0) + 1
    return rows.with_columns(pl.int_range(first, first + rows.height, dtype=pl.Int64).alias(table.id))


def note(tx: Tx, table: str, rows: pl.DataFrame, key: list[str], sha256: bytes) -> None:
    """Write down each row made or changed: table, company, natural key, and the file that said so."""
    named = rows.select(
        *(["company_id"] if "company_id" in rows.columns else []),
        table_name=pl.lit(table),
        key=pl.concat_str([pl.col(c).cast(pl.String) for c in key], separator="|"),
        sha256=pl.lit(sha256, pl.Binary),
    ).unique(maintain_order=True)
    tx.append("intake.change", named)


def replace_lists(
    tx: Tx, table: str, rows: pl.DataFrame, whole: pl.DataFrame, *, owner: list[str], key: list[str], values: list[str]
) -> tuple[pl.DataFrame, int]:
    """Bring lists up to date: add what is new, and take away what a whole list no longer names.

    Args:
        tx: the load's transaction.
        table: covered, hold, split, pay_method, company_bank, payer_share, dunning_step or sub_group.
        rows: the owner, the key and the values.
        whole: owners of lists of which no row was set aside.
        owner: whose lists they are: a company's subscription (as of a day), its member, the company, a ladder; a
            sub-group is a list of one.
        key: what tells rows of one list apart.
        values: what is compared.

    Returns:
        The owners of the lists that changed, and how many rows were new or different.
    """
    full = [*owner, *key]
    recorded = tx.read(f"intake/{table}").cast({c: rows.schema[c] for c in (*full, *values)})
    same = rows.join(recorded, on=[*full, *values], how="semi", nulls_equal=True)
    fresh = rows.select(*full, *values).join(same.select(full), on=full, how="anti", maintain_order="left")
    stays = rows.join(same.select(full), on=full, how="semi")
    replaced = recorded.join(fresh.select(full), on=full, how="semi")
    gone = recorded.join(whole, on=owner, how="semi").join(stays.select(full), on=full, how="anti")
    away = pl.concat([replaced, gone]).select(full).unique(maintain_order=True)
    if not away.is_empty():
        tx.apply(f"intake/remove_{table}", away)
    tx.append(f"master.{table}", fresh)
    return pl.concat([fresh.select(owner), away.select(owner)]).unique(maintain_order=True), fresh.height
