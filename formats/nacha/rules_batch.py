"""The rules about file headers and batch headers."""

import polars as pl

from formats.nacha.bytesof import check_digits, is_digits
from formats.nacha.codes import SEC_CODES
from formats.nacha.enrich import count_at, count_by_batch
from formats.problems import INFO, WARNING
from formats.rules import Rule

_COLUMN = pl.col
_IN_FILE = _COLUMN("line").is_not_null()


def _empty(name: str) -> pl.Expr:
    """Only blanks or only zeros: the operator rejects the batch for either."""
    return _COLUMN(name).fill_null("").str.strip_chars(" 0") == ""


def files_with_facts(files: pl.DataFrame, batches: pl.DataFrame) -> pl.DataFrame:
    """Add the check digit that the destination asks for, and what the file's batches say of it.

    `expected_digit`; `batches` (how many), `adv` and `others` (whether it holds ADV and other batches).
    """
    file = batches["file"].to_numpy()
    held = count_at(file, files.height)
    adv = count_at(file, files.height, batches["sec"] == "ADV")
    return files.with_columns(
        batches=pl.Series(held),
        adv=pl.Series(adv > 0),
        others=pl.Series(held > adv),
        expected_digit=check_digits(files["destination"].str.slice(0, 8)),
    )


FILE_RULES: list[Rule] = [
    Rule(
        "nacha.file.destination",
        _IN_FILE & ~is_digits(_COLUMN("destination"), 9),
        4,
        "immediate destination must be a routing number of nine digits",
    ),
    Rule(
        "nacha.file.destination_check_digit",
        _IN_FILE
        & is_digits(_COLUMN("destination"), 9)
        & (_COLUMN("destination").str.slice(8) != _COLUMN("expected_digit")),
        13,
        pl.format("immediate destination has a wrong check digit; it should be {}", "expected_digit"),
    ),
    Rule("nacha.file.origin", _IN_FILE & _empty("origin"), 14, "immediate origin is blank or zero"),
    Rule(
        "nacha.file.creation_date",
        _IN_FILE & _COLUMN("creation_date").is_null(),
        24,
        "the creation date is missing",
    ),
    Rule(
        "nacha.file.creation_time",
        _IN_FILE
        & (_COLUMN("creation_time") != "")
        & ~_COLUMN("creation_time").str.contains(r"^([01]\d|2[0-3])[0-5]\d$"),
        30,
        "the creation time is not HHMM",
    ),
    Rule(
        "nacha.file.modifier",
        _IN_FILE & ~_COLUMN("modifier").str.contains(r"^[A-Z0-9]$"),
        34,
        "the file ID modifier must be A-Z or 0-9",
    ),
    Rule("nacha.file.priority", _IN_FILE & (_COLUMN("priority") != "01"), 2, "the priority code must be 01"),
    Rule("nacha.file.record_size", _IN_FILE & (_COLUMN("record_size") != "094"), 35, "record size must be 094"),
    Rule(
        "nacha.file.blocking_factor",
        _IN_FILE & (_COLUMN("blocking_factor") != "10"),
        38,
        "the blocking factor must be 10",
    ),
    Rule("nacha.file.format_code", _IN_FILE & (_COLUMN("format_code") != "1"), 40, "the format code must be 1"),
    Rule(
        "nacha.file.adv_mixed",
        _COLUMN("adv") & _COLUMN("others"),
        None,
        "ADV batches share a file with others, though its control can be laid out for one of them only",
    ),
    Rule(
        "nacha.file.no_batches",
        _IN_FILE & (_COLUMN("batches") == 0),
        None,
        "the file has no batches",
        "an empty delivery: ask the sender if in doubt",
        INFO,
    ),
    Rule(
        "nacha.file.duplicate",
        _IN_FILE & ~pl.struct("origin", "creation_date", "creation_time", "modifier").is_first_distinct(),
        34,
        "an earlier file of this stream has the same origin, creation date, time and modifier",
        "the operator takes it for the same file sent twice and rejects it",
    ),
]


def batches_with_facts(batches: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Add what a batch's entries say: how many, and which of forward, return, dispute they are."""
    count = count_by_batch(batches.height, entries)
    none = pl.lit(value=False)
    held: dict[str, pl.Series | pl.Expr] = {"forwards": pl.Series(count > 0), "returns": none, "disputes": none}
    if (entries["answers"] > 0).any():
        held = {
            f"{kind}s": pl.Series(count_by_batch(batches.height, entries, entries["kinds"] == kind) > 0)
            for kind in ("forward", "return", "dispute")
        }
    return batches.with_columns(
        entries=pl.Series(count),
        **held,
        earlier_number=_COLUMN("batch_number").shift(1).over("file"),
    )


_NOT_IAT = (_COLUMN("sec") != "IAT") & (_COLUMN("company_name") != "IATCOR")

_GATEWAY_ZERO = ~_NOT_IAT & (_COLUMN("originator_status") == "0")

BATCH_RULES: list[Rule] = [
    Rule(
        "nacha.batch.service_class",
        ~_COLUMN("service_class").is_in([200, 220, 225, 280]),
        2,
        "the service class must be 200, 220, 225 or 280",
    ),
    Rule(
        "nacha.batch.adv_class",
        (_COLUMN("sec") == "ADV") != (_COLUMN("service_class") == 280),
        2,
        "service class 280 is for ADV and only for it",
    ),
    Rule(
        "nacha.batch.sec",
        ~_COLUMN("sec").is_in(SEC_CODES["sec"].to_list()),
        51,
        "the SEC code is unknown or not in capitals",
    ),
    Rule(
        "nacha.batch.company_name",
        _empty("company_name") & _NOT_IAT,
        5,
        "the company name is blank or zeros",
    ),
    Rule("nacha.batch.company_id", _empty("company_id"), 41, "the company id is blank or zeros"),
    Rule(
        "nacha.batch.entry_description",
        _empty("entry_description"),
        54,
        "the entry description is blank or zeros",
    ),
    Rule(
        "nacha.batch.originator_status",
        pl.when(_COLUMN("sec") == "ADV")
        .then(_COLUMN("originator_status") != "0")
        .otherwise(~_COLUMN("originator_status").is_in(["1", "2"]))
        & ~_GATEWAY_ZERO,
        79,
        "the originator status must be 1, or 2 for a federal agency (0 in ADV)",
    ),
    Rule(
        "nacha.batch.gateway_status",
        _GATEWAY_ZERO,
        79,
        "the originator status 0 belongs to ADV; gateways are seen to put it into international batches",
        "read as it stands, never written",
        WARNING,
    ),
    Rule(
        "nacha.batch.odfi",
        ~is_digits(_COLUMN("odfi"), 8),
        80,
        "the ODFI must be eight digits",
    ),
    Rule(
        "nacha.batch.effective_date",
        _COLUMN("effective_entry_date").is_null() & _COLUMN("forwards") & (_COLUMN("sec") != "COR"),
        70,
        "there is no effective entry date",
        "the operator will settle on the next banking day",
        WARNING,
    ),
    Rule(
        "nacha.batch.number_order",
        _COLUMN("batch_number") <= _COLUMN("earlier_number"),
        88,
        "batch numbers do not rise within the file",
        severity=WARNING,
    ),
    Rule("nacha.batch.empty", _COLUMN("entries") == 0, None, "the batch has no entries"),
    Rule(
        "nacha.batch.mixed_returns",
        _COLUMN("forwards").cast(pl.Int8) + _COLUMN("returns").cast(pl.Int8) + _COLUMN("disputes") > 1,
        None,
        "forward entries, returns and dishonored or contested returns may not share a batch",
    ),
]
