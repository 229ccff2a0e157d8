"""Writing BAI2: deterministic, with computed control totals and counts; refuses what the form can't hold."""

from dataclasses import dataclass

import polars as pl

from formats.bai2.schema import ACCOUNTS, FILE, GROUPS, SUMMARIES, TRANSACTIONS, Statement
from formats.errors import FormatError

_LEDGER = (("010", "opening_ledger_cents"), ("015", "closing_ledger_cents"))
# A field can't hold the marks that end fields and records.
_FIELDS = {
    "file": ("sender", "receiver", "creation_time", "file_id"),
    "groups": ("receiver", "originator", "status", "as_of_time", "currency"),
    "accounts": ("account_number", "currency"),
    "summaries": ("type_code", "funds_type"),
    "transactions": ("type_code", "funds_type", "bank_reference", "customer_reference"),
}


@dataclass(frozen=True)
class Profile:
    """Options of a bank: the width at which a transaction's text goes on in an 88 record."""

    width: int = 80


STRICT = Profile()


def write(statement: Statement, profile: Profile = STRICT) -> bytes:
    """Write one file: 01, then per group 02, per account 03 16 88 49, then 98, and 99.

    Control totals and record counts are computed. Balances go into the 03 record as type codes 010 and 015;
    other summaries follow. Runs of blanks in text count as one.

    Raises:
        FormatError: names record and field; a value is missing, holds a delimiter or is not plain ASCII, or a
            row points to a group or account that is not there. Values are never quoted.
    """
    frames = _shaped(statement)
    _refuse(frames, profile)
    transactions = _transaction_records(frames["transactions"], profile)
    accounts = _account_records(frames, transactions)
    groups = frames["groups"]
    out = [_file_header(frames["file"])]
    total = 0
    count = 2
    for group in groups.rows(named=True):
        own = accounts.filter(group=group["group"])
        cents, records = int(own["cents"].sum()), int(own["records"].sum()) + 2
        out.append(_group_header(group))
        out += own["text"].to_list()
        out.append(f"98,{cents},{own.height},{records}/")
        total, count = total + cents, count + records
    out.append(f"99,{total},{groups.height},{count}/")
    return ("\n".join(out) + "\n").encode("ascii")


def _shaped(statement: Statement) -> dict[str, pl.DataFrame]:
    schemas = {
        "file": FILE,
        "groups": GROUPS,
        "accounts": ACCOUNTS,
        "summaries": SUMMARIES,
        "transactions": TRANSACTIONS,
    }
    out = {}
    for name, schema in schemas.items():
        frame: pl.DataFrame = getattr(statement, name)
        if not frame.columns:
            frame = pl.DataFrame(schema=schema)
        out[name] = frame.select(
            (pl.col(column) if column in frame.columns else pl.lit(None)).cast(kind).alias(column)
            for column, kind in schema.items()
        )
    for name in ("groups", "accounts"):
        own = pl.int_range(pl.len(), dtype=pl.Int64).alias(name.removesuffix("s"))
        out[name] = out[name].with_columns(own)
    return out


def _refuse(frames: dict[str, pl.DataFrame], profile: Profile) -> None:
    if frames["file"].height != 1:
        raise FormatError("bai2.write.file: a statement has exactly one file row")
    if profile.width < 20:
        raise FormatError("bai2.write.width: lines must be at least 20 columns wide")
    for name, parent in (("accounts", "group"), ("summaries", "account"), ("transactions", "account")):
        known = frames[parent + "s"][parent].implode()
        if not frames[name].select(pl.col(parent).is_in(known).fill_null(value=False).all()).item():
            raise FormatError(f"bai2.write.order: some {name} name no {parent} of this statement")
    for name, columns in _FIELDS.items():
        for column in columns:
            value = pl.col(column).fill_null("")
            _must_not(frames[name], value.str.contains(r"[^\x20-\x7E]|[,/]"), name, column, "holds a delimiter")
    required = {"accounts": "account_number", "transactions": "amount_cents", "groups": "as_of_date"}
    for name, column in {**required, "file": "creation_date"}.items():
        _must_not(frames[name], pl.col(column).is_null(), name, column, "is missing")
    transactions = frames["transactions"]
    _must_not(
        transactions, ~pl.col("type_code").fill_null("").str.contains(r"^\d{3}$"), "transactions", "type_code",
        "must be three digits",
    )  # fmt: skip
    # A slash at the end of a line would be taken for the record's end.
    text = pl.col("text").fill_null("")
    bad = text.str.contains(r"[^\x20-\x7E]") | text.str.starts_with("/") | text.str.contains(r"/( |$)")
    long_word = text.str.contains(rf"\S{{{profile.width - 3},}}")
    _must_not(transactions, bad | long_word, "transactions", "text", "can't be written")
    for name in ("summaries", "transactions"):
        wrong = pl.col("availability").fill_null("").str.contains(r"[^0-9,+-]")
        _must_not(frames[name], wrong, name, "availability", "may hold only numbers")


def _must_not(frame: pl.DataFrame, wrong: pl.Expr, name: str, column: str, words: str) -> None:
    found = frame.with_row_index("at").filter(wrong)
    if not found.is_empty():
        raise FormatError(f"bai2.write.{column}: {column} {words}", where=f"{name} row {found['at'][0] + 1}")


def _text(name: str) -> pl.Expr:
    return pl.col(name).fill_null("")


def _transaction_records(transactions: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Make the 16 records (with their 88s) as text: account, text, cents, records."""
    extra = pl.when(_text("availability") == "").then(pl.lit("")).otherwise(pl.lit(",") + _text("availability"))
    head = pl.format(
        "16,{},{},{}{},{},{}",
        "type_code", "amount_cents", _text("funds_type"), extra, _text("bank_reference"), _text("customer_reference"),
    )  # fmt: skip
    words = _text("text").str.strip_chars().str.replace_all(r" +", " ")
    made = transactions.select("account", cents="amount_cents", head=head, words=words)
    short = pl.col("head").str.len_bytes() + pl.col("words").str.len_bytes() + 1 <= profile.width
    room = profile.width - 3
    # Each piece ends before a blank (or at the end), so that joining with one blank gives the text back.
    pieces = pl.col("words").str.extract_all(rf"\S(?:.{{0,{room - 2}}}\S)?(?: |$)")
    tail = pieces.list.eval(pl.element().str.strip_chars_end(" ")).list.join("\n88,")
    return made.with_columns(
        text=pl.when(pl.col("words") == "")
        .then(pl.col("head") + "/")
        .when(short)
        .then(pl.col("head") + "," + pl.col("words"))
        .otherwise(pl.col("head") + "/\n88," + tail),
    ).with_columns(records=(pl.col("text").str.count_matches("\n", literal=True) + 1).cast(pl.Int64))


def _account_records(frames: dict[str, pl.DataFrame], transactions: pl.DataFrame) -> pl.DataFrame:
    """Make each account's records from 03 to 49: group, text, cents, records."""
    listed = transactions.group_by("account", maintain_order=True).agg(
        pl.col("text").str.join("\n").alias("listed"), pl.col("cents", "records").sum()
    )
    heads = _account_heads(frames)
    joined = heads.join(listed, on="account", how="left", maintain_order="left").with_columns(
        cents=pl.col("head_cents") + pl.col("cents").fill_null(0), records=pl.col("records").fill_null(0) + 2
    )
    inner = pl.when(pl.col("listed").is_null()).then(pl.lit("")).otherwise(pl.lit("\n") + pl.col("listed"))
    return joined.select(
        "group",
        "cents",
        "records",
        text=pl.format("{}{}\n49,{},{}/", "head", inner, "cents", "records"),
    )


def _account_heads(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    accounts = frames["accounts"]
    balances = [
        accounts.select(
            "account",
            amount=pl.col(name).fill_null(0),
            part=pl.when(pl.col(name).is_not_null()).then(pl.format(f",{code},{{}},,", name)).otherwise(pl.lit("")),
        )
        for code, name in _LEDGER
    ]
    extra = pl.when(_text("availability") == "").then(pl.lit("")).otherwise(pl.lit(",") + _text("availability"))
    others = frames["summaries"].select(
        "account",
        amount=pl.col("amount_cents").fill_null(0),
        part=pl.format(
            ",{},{},{},{}{}",
            "type_code",
            pl.col("amount_cents").cast(pl.String).fill_null(""),
            pl.col("item_count").cast(pl.String).fill_null(""),
            _text("funds_type"),
            extra,
        ),
    )
    parts = pl.concat([*balances, others]).group_by("account", maintain_order=True)
    summed = parts.agg(pl.col("part").str.join(""), head_cents=pl.col("amount").sum())
    out = accounts.join(summed, on="account", how="left", maintain_order="left")
    return out.select(
        "account",
        "group",
        "head_cents",
        head=pl.format("03,{},{}{}/", "account_number", _text("currency"), "part"),
    )


def _file_header(file: pl.DataFrame) -> str:
    row = file.row(0, named=True)
    values = [row["sender"], row["receiver"], f"{row['creation_date']:%y%m%d}", row["creation_time"], row["file_id"]]
    return "01," + ",".join(value or "" for value in values) + ",,,2/"


def _group_header(row: dict[str, object]) -> str:
    values = [row["receiver"], row["originator"], row["status"] or "1"]
    dated = [f"{row['as_of_date']:%y%m%d}", row["as_of_time"] or "", row["currency"] or "USD"]
    return "02," + ",".join(str(value or "") for value in [*values, *dated]) + ",/"
