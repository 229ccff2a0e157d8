"""Reading BAI2: lines to logical records (88 joined to what it continues), records to frames; never raises."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from formats.bai2.schema import ACCOUNTS, FILE, GROUPS, SUMMARIES, TRANSACTIONS, Statement
from formats.problems import INFO, PROBLEMS, WARNING
from formats.rules import Rule, broken, one, together

KNOWN = ["01", "02", "03", "16", "49", "88", "98", "99"]
_OPENERS = ["01", "02", "03", "49", "98", "99"]
_EXTRA = {"S": 3, "V": 2}  # fields that follow these funds types; D says itself how many


def read(data: bytes) -> Statement:
    """Read one BAI2 file; what is missing, misplaced or no number is in `problems`."""
    text, found = _decoded(data)
    if not text.strip():
        return _nothing(one("bai2.file.empty", "the file is empty", "an empty delivery", WARNING))
    pieces = [line.rstrip(" \r") for line in text.split("\n")]
    lines = pl.DataFrame({"text": pieces, "line": range(1, len(pieces) + 1)}, schema=_LINES)
    lines = lines.filter(pl.col("text") != "").with_columns(code=pl.col("text").str.slice(0, 2))
    if lines["code"][0] not in KNOWN or not (lines["text"].str.slice(2, 1) == ",").any():
        note = one("bai2.file.not_bai2", "this is not a BAI2 file: it does not start with a record 01")
        return _nothing(note)
    known = lines.filter(pl.col("code").is_in(KNOWN))
    placed = _placed(known)
    records = _logical(placed)
    problems = [found, broken(lines, _UNKNOWN), _order_problems(placed)]
    out = Statement(
        _file(records, placed, problems),
        _groups(records, placed, problems),
        _accounts(records, placed, problems),
        _transactions(records.filter(pl.col("code") == "16"), problems),
        _summaries(records, problems),
    )
    return Statement(
        out.file, out.groups, _with_ledger(out), out.transactions, _others(out.summaries), together(problems)
    )


_LINES: dict[str, pl.DataType] = {"text": pl.String(), "line": pl.Int64()}
_UNKNOWN = [
    Rule(
        "bai2.record.unknown",
        ~pl.col("code").is_in(KNOWN),
        1,
        "the record does not start with a known record code",
        "the line was skipped",
    )
]


def _nothing(problem: pl.DataFrame) -> Statement:
    return Statement(
        pl.DataFrame(schema=FILE), pl.DataFrame(schema=GROUPS), pl.DataFrame(schema=ACCOUNTS), problems=problem
    )


def _decoded(data: bytes) -> tuple[str, pl.DataFrame]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text, pl.DataFrame(schema=PROBLEMS)
    note = one("bai2.text.encoding", "the file is not plain ASCII", "letters were kept as read", INFO)
    return text, note


def _placed(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `group`, `account` and `record` (a continuation shares its record) to every physical line."""
    code = pl.col("code")
    opener = pl.when(code.is_in(_OPENERS)).then(code).forward_fill()
    before = opener.shift(1)
    in_account = (opener == "03") | ((code == "49") & (before == "03"))
    out = lines.with_columns(
        opener=opener,
        before=before,
        group=(code == "02").cast(pl.Int64).cum_sum() - 1,
        account=(code == "03").cast(pl.Int64).cum_sum() - 1,
        record=(code != "88").cast(pl.Int64).cum_sum() - 1,
        first=code != "88",
    )
    # A continuation of a 49 belongs to the account that the 49 closes.
    closed = pl.when(code != "88").then(in_account).forward_fill().fill_null(value=False)
    return out.with_columns(account=pl.when(closed).then("account"))


def _logical(placed: pl.DataFrame) -> pl.DataFrame:
    """Join continuations: behind a slash at a field's border, else within text, at a blank."""
    ended = pl.col("text").str.ends_with("/")
    body = pl.when(ended).then(pl.col("text").str.head(-1)).otherwise("text")
    if placed["first"].all():
        return placed.with_columns(text=body)
    glue = pl.when(ended.shift(1)).then(pl.lit(",")).otherwise(pl.lit(" "))
    part = pl.when("first").then(body).otherwise(glue + body.str.slice(3))
    parts = placed.with_columns(text=part)
    keep = [pl.col(name).first() for name in placed.columns if name not in ("text", "record", "first")]
    return parts.group_by("record", maintain_order=True).agg(pl.col("text").str.join(""), *keep)


def _order_problems(placed: pl.DataFrame) -> pl.DataFrame:
    code, before = pl.col("code"), pl.col("before").fill_null("")
    expected = {
        "01": [""],
        "02": ["01", "98"],
        "03": ["02", "49"],
        "49": ["03"],
        "98": ["49", "02"],
        "99": ["98", "01"],
    }
    rules = [
        Rule("bai2.record.order", (code == each) & ~before.is_in(fits), None, f"record {each} is out of order")
        for each, fits in expected.items()
    ]
    rules.append(
        Rule("bai2.record.order", (code == "16") & (pl.col("opener") != "03"), None, "a 16 outside an account")
    )
    found = broken(placed, rules)
    if placed["code"][-1] != "99" and "99" not in placed["code"]:
        found = together([found, one("bai2.file.no_trailer", "the file has no trailer (record 99)")])
    return found


def _fields(records: pl.DataFrame, code: str) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Walk the few header and trailer records with their fields; a missing one reads as blank."""
    for row in records.filter(pl.col("code") == code).rows(named=True):
        yield row, [*(each.strip() for each in row["text"].split(",")), *[""] * 8]


def _number(value: str, line: int, place: int, problems: list[pl.DataFrame]) -> int | None:
    sign, digits = (value[:1], value[1:]) if value[:1] in ("+", "-") else ("", value)
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        return -int(digits) if sign == "-" else int(digits)
    if value:
        problems.append(one("bai2.field.numeric", f"field {place} must be a number", line=line, column=place))
    return None


def _dated(frame: pl.DataFrame, name: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return frame.with_columns(pl.col(name).str.to_date("%y%m%d", strict=False)).cast(dict(schema))  # type: ignore[arg-type]


def _trailers(records: pl.DataFrame, code: str, problems: list[pl.DataFrame]) -> list[dict[str, Any]]:
    return [
        {
            "account": row["account"],
            "group": row["group"],
            "line": row["line"],
            "numbers": [_number(values[at], row["line"], at + 1, problems) for at in (1, 2, 3)],
        }
        for row, values in _fields(records, code)
    ]


def _file(records: pl.DataFrame, placed: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    head = next(_fields(records, "01"), None)
    tail = next(iter(_trailers(records, "99", problems)), None)
    row: dict[str, Any] = dict.fromkeys(FILE)
    if head is not None:
        names = ("sender", "receiver", "creation_date", "creation_time", "file_id")
        row |= dict(zip(names, head[1][1:6], strict=True), line=head[0]["line"])
    if tail is not None:
        total, groups, count = tail["numbers"]
        row |= {"control_line": tail["line"], "control_cents": total}
        row |= {"control_groups": groups, "control_records": count}
    row["records"] = placed.height
    return _dated(pl.DataFrame([row], schema={**FILE, "creation_date": pl.String()}), "creation_date", FILE)


def _groups(records: pl.DataFrame, placed: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    tails = {tail["group"]: tail for tail in reversed(_trailers(records, "98", problems))}
    inside = placed.filter(~pl.col("opener").is_in(["01", "99"]))
    counts = dict(inside.group_by("group").len().rows())
    rows = []
    for row, values in _fields(records, "02"):
        tail = tails.get(row["group"], {"line": None, "numbers": [None] * 3})
        rows.append(
            {
                "group": row["group"],
                "line": row["line"],
                "receiver": values[1],
                "originator": values[2],
                "status": values[3],
                "as_of_date": values[4],
                "as_of_time": values[5],
                "currency": values[6] or "USD",
                "control_line": tail["line"],
                "control_cents": tail["numbers"][0],
                "control_accounts": tail["numbers"][1],
                "control_records": tail["numbers"][2],
                "records": counts.get(row["group"], 0),
            }
        )
    return _dated(pl.DataFrame(rows, schema={**GROUPS, "as_of_date": pl.String()}), "as_of_date", GROUPS)


def _accounts(records: pl.DataFrame, placed: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    tails = {tail["account"]: tail for tail in reversed(_trailers(records, "49", problems))}
    counts = dict(placed.drop_nulls("account").group_by("account").len().rows())
    currencies = {row["group"]: values[6] or "USD" for row, values in _fields(records, "02")}
    rows = []
    for row, values in _fields(records, "03"):
        tail = tails.get(row["account"], {"line": None, "numbers": [None] * 3})
        rows.append(
            {
                "account": row["account"],
                "group": row["group"],
                "line": row["line"],
                "account_number": values[1],
                "currency": values[2] or currencies.get(row["group"], "USD"),
                "control_line": tail["line"],
                "control_cents": tail["numbers"][0],
                "control_records": tail["numbers"][1],
                "records": counts.get(row["account"], 0),
            }
        )
    return pl.DataFrame(rows, schema=ACCOUNTS)


def _summaries(records: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    """Take the repeated groups of type, amount, count and funds type out of the 03 records."""
    rows = []
    for row, values in _fields(records, "03"):
        rest, line = values[3:], row["line"]
        while len(rest) >= 4 and any(rest[:4]):
            extra = _EXTRA.get(rest[3], 0)
            if rest[3] == "D":
                extra = 1 + 2 * (int(rest[4]) if rest[4:] and rest[4].isdigit() and len(rest[4]) < 4 else 0)
            rows.append(
                {
                    "account": row["account"],
                    "line": line,
                    "type_code": rest[0],
                    "amount_cents": _number(rest[1], line, 5, problems),
                    "item_count": _number(rest[2], line, 6, problems),
                    "funds_type": rest[3],
                    "availability": ",".join(rest[4 : 4 + extra]),
                }
            )
            rest = rest[4 + extra :]
    return pl.DataFrame(rows, schema=SUMMARIES)


def _with_ledger(statement: Statement) -> pl.DataFrame:
    accounts = statement.accounts
    for code, name in (("010", "opening_ledger_cents"), ("015", "closing_ledger_cents")):
        balance = statement.summaries.filter(type_code=code).unique("account", keep="first")
        named = balance.select("account", pl.col("amount_cents").alias(name))
        accounts = accounts.drop(name).join(named, on="account", how="left", maintain_order="left")
    return accounts.select(ACCOUNTS.keys())


def _others(summaries: pl.DataFrame) -> pl.DataFrame:
    return summaries.filter(~pl.col("type_code").is_in(["010", "015"]))


def _transactions(records: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    """Split 16 records column-wise; text is the last field and keeps its commas."""
    if records.is_empty():
        return pl.DataFrame(schema=TRANSACTIONS)
    numbered = records.with_columns(transaction=pl.int_range(pl.len(), dtype=pl.Int64))
    funds = pl.col("text").str.extract(r"^[^,]*,[^,]*,[^,]*,\s*([SVD])\s*(?:,|$)").fill_null("")
    pairs = pl.col("text").str.extract(r"^[^,]*,[^,]*,[^,]*,\s*D\s*,\s*(\d{1,3})\s*,").cast(pl.Int64, strict=False)
    kinds = numbered.with_columns(kind=funds, pairs=pairs.fill_null(0))
    parts = []
    for key, part in kinds.group_by("kind", "pairs", maintain_order=True):
        extra = 1 + 2 * int(key[1]) if key[0] == "D" else _EXTRA.get(str(key[0]), 0)
        parts.append(_split(part, extra))
    out = pl.concat(parts).sort("transaction")
    amount = pl.col("amount")
    read_amount = amount.cast(pl.Int64, strict=False)
    wrong = Rule(
        "bai2.field.numeric",
        read_amount.is_null() & (amount != ""),
        3,
        "the amount of the transaction must be a number",
    )
    problems.append(broken(out, [wrong]))
    return out.with_columns(amount_cents=read_amount.fill_null(pl.when(amount == "").then(0))).select(
        TRANSACTIONS.keys()
    )


def _split(part: pl.DataFrame, extra: int) -> pl.DataFrame:
    names = ["code16", "type_code", "amount", "funds_type", *(f"x{at}" for at in range(extra))]
    names += ["bank_reference", "customer_reference", "text"]
    cut = part.select(pl.col("text").str.splitn(",", len(names)).struct.rename_fields(names).alias("cut"))
    fields = cut.unnest("cut").select(pl.all().fill_null("").str.strip_chars(" "))
    if extra:
        fields = fields.with_columns(availability=pl.concat_str([f"x{at}" for at in range(extra)], separator=","))
    else:
        fields = fields.with_columns(availability=pl.lit(""))
    kept = fields.select(
        "type_code", "amount", "funds_type", "availability", "bank_reference", "customer_reference", "text"
    )
    return part.select("transaction", "account", "line").hstack(kept)
