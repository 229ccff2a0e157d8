"""The rules about entry records (R13, R19, R25, R26, R28, R35, R36 and the batch rejects about traces)."""

import polars as pl

from formats.nacha.bytesof import is_digits
from formats.problems import WARNING
from formats.rules import Rule

_C = pl.col
_CREDIT, _DEBIT = _C("direction") == "credit", _C("direction") == "debit"
_FORWARD = _C("kinds") == "forward"
_SEVEN_OF_IAT = _C("is_iat") & (_C("addenda_count") == 7)
_REJECTED = _C("is_rejected")
_PRENOTE_OR_ZERO = (_C("use") == "prenote") | (_C("use") == "zero")


def _place(column: int, **otherwise: int) -> pl.Expr:
    """Give the column of a field, and that of other families of SEC codes; asked of broken rows alone."""
    named = {"swapped": _C("sec").is_in(["CIE", "MTE"]), "adv": _C("sec") == "ADV", "iat": _C("is_iat")}
    place: pl.Expr = pl.lit(column)
    for name, there in otherwise.items():
        place = pl.when(named[name]).then(pl.lit(there)).otherwise(place)
    return place


ENTRY_RULES: list[Rule] = [
    Rule(
        "nacha.entry.transaction_code",
        _C("direction").is_null() & _C("transaction_code").is_not_null(),
        2,
        pl.format("transaction code {} is not known", "transaction_code"),
    ),
    Rule(
        "nacha.entry.service_class",
        ((_C("service_class") == 220) & _DEBIT) | ((_C("service_class") == 225) & _CREDIT),
        2,
        pl.format("a {} stands in a batch of service class {}", "direction", "service_class"),
        "debits need class 225 or 200, credits 220 or 200",
    ),
    Rule(
        "nacha.entry.sec_direction",
        ((_CREDIT & ~_C("credits")) | (_DEBIT & ~_C("debits")))
        & ~_C("is_reversal")
        & (_C("use") != "return")
        & _FORWARD,
        2,
        pl.format("SEC code {} does not allow a {}", "sec", "direction"),
        "only a reversal may turn the direction",
    ),
    Rule(
        "nacha.entry.loan_debit",
        (_C("transaction_code") == 55) & ~_C("is_reversal"),
        2,
        "a loan account may be debited only to reverse a credit",
    ),
    Rule(
        "nacha.entry.amount_zero",
        (_C("amount_cents") == 0) & (_C("use") == "live"),
        _place(30, adv=28),
        "the amount of a live entry must not be zero",
        "use a prenote or zero-dollar transaction code if nothing is to move",
    ),
    Rule(
        "nacha.entry.amount_not_zero",
        (_C("amount_cents") != 0) & (_PRENOTE_OR_ZERO | (_C("sec") == "COR") | (_C("sec") == "ENR")),
        _place(30, adv=28),
        "the amount of a prenote, notice, enrollment or zero-dollar entry must be zero",
    ),
    Rule("nacha.entry.rdfi", ~_C("good_rdfi"), 4, "the receiving bank's routing number must be eight digits"),
    Rule(
        "nacha.entry.check_digit",
        _C("check_digit").ne_missing(_C("expected_digit")) & _C("good_rdfi"),
        12,
        pl.format("the check digit of the routing number is wrong; it should be {}", "expected_digit"),
    ),
    Rule(
        "nacha.entry.account",
        _C("no_account"),
        _place(13, iat=40),
        "the account number is blank",
    ),
    Rule(
        "nacha.entry.name",
        _C("needs_name") & _FORWARD & _C("no_name"),
        _place(55, swapped=40),
        pl.format("SEC code {} needs the receiver's name", "sec"),
    ),
    Rule(
        "nacha.entry.individual_id",
        _C("needs_id") & _FORWARD & _C("no_id"),
        _place(40, swapped=55),
        pl.format("SEC code {} needs the identification or check serial number", "sec"),
    ),
    Rule(
        "nacha.entry.addenda_indicator",
        (_C("addenda_indicator") != 1) & (_C("addenda") > 0) | (_C("addenda_indicator") != 0) & (_C("addenda") == 0),
        79,
        pl.format("the addenda indicator does not fit the {} addenda that follow", "addenda"),
    ),
    Rule(
        "nacha.entry.addenda_max",
        (_C("payments") > _C("addenda_max")) | (_C("answers") > 1),
        79,
        pl.format("SEC code {} does not allow {} addenda here", "sec", "addenda"),
    ),
    Rule(
        "nacha.entry.addenda_count",
        (_C("addenda_count") != _C("payments")) & _FORWARD & ~_SEVEN_OF_IAT,
        55,
        pl.format("the entry announces {} addenda, {} follow", "addenda_count", "payments"),
    ),
    Rule(
        "nacha.entry.iat_addenda_count",
        (_C("addenda_count") != _C("payments")) & _FORWARD & _SEVEN_OF_IAT,
        13,
        "the entry counts only its seven mandatory addenda",
        "sources differ on whether the optional ones count",
        WARNING,
    ),
    Rule(
        "nacha.entry.addenda_missing",
        (((_C("use") == "zero") & ((_C("sec") == "CCD") | (_C("sec") == "CTX"))) | ((_C("sec") == "ENR") & _FORWARD))
        & (_C("addenda") == 0),
        79,
        "a zero-dollar entry and an enrollment need an addenda record",
    ),
    Rule(
        "nacha.entry.notice_missing",
        (_C("sec") == "COR") & (_C("kinds") != "notice"),
        79,
        "an entry of SEC code COR needs its change notice (addenda 98)",
    ),
    Rule(
        "nacha.entry.iat_addenda",
        (_C("sec") == "IAT") & _FORWARD & (_C("payments") < 7),
        79,
        "an international entry needs its seven addenda 10 to 16",
    ),
]

# Only asked where there are such entries.
ADV_RULES: list[Rule] = [
    Rule(
        "nacha.entry.adv_operator",
        ~(
            is_digits(_C("operator_routing"), 8)
            & is_digits(_C("operator_day"), 3)
            & is_digits(_C("operator_sequence"), 4)
        ),
        80,
        "an advice ends with the operator's routing number, the day of the year and a sequence number",
    ),
]

_SAME_BATCH = _C("batch") == _C("batch").shift(1)
# An ADV entry carries the operator's routing, day and sequence where others have the trace.
_TRACED = _C("sec") != "ADV"

TRACE_RULES: list[Rule] = [
    Rule(
        "nacha.entry.reject_trace",
        _REJECTED,
        80,
        "the operator's reject code stands where the trace number was",
        "match this entry by its other fields",
        WARNING,
    ),
    Rule(
        "nacha.entry.trace",
        ~_C("good_trace") & ~_REJECTED & _TRACED,
        80,
        "the trace number must be fifteen digits",
    ),
    Rule(
        "nacha.entry.trace_odfi",
        ~_C("odfi_fits") & ~_REJECTED & _TRACED,
        80,
        "the trace number does not start with the ODFI of the batch",
    ),
    Rule(
        "nacha.entry.trace_order",
        (_C("trace").shift(1) >= _C("trace")) & _SAME_BATCH,
        80,
        "trace numbers must rise within the batch",
    ),
]
DUPLICATE_TRACE = Rule(
    "nacha.entry.trace_duplicate",
    pl.struct("file", "trace_number").is_duplicated(),
    80,
    "the trace number stands more than once in the file",
    "match by routing, amount, day and id as well",
    WARNING,
)
