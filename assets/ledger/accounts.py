"""The chart of accounts and what each event posts. A debit is positive, a credit negative; each set sums to zero."""

CASH, RECEIVABLE, CLEARING = 1000, 1100, 1200
PREMIUM_LIABILITY, VENDOR_PAYABLE, COMMISSION_PAYABLE, INCOME = 2000, 2100, 2200, 4000
BAD_DEBT = 5000

# event: (account, sign) of the event's amount. The amount of an ACH event is signed: money to us is positive, money
# from us negative, and a file that is made void posts its own events again with the sign turned.
EVENTS: dict[str, tuple[tuple[int, int], ...]] = {
    "charged": ((RECEIVABLE, 1), (PREMIUM_LIABILITY, -1)),
    "written_off": ((RECEIVABLE, 1), (BAD_DEBT, -1)),  # the amount is the line's: below zero
    "settled": ((CASH, 1), (CLEARING, -1)),
    "vendor_accrued": ((PREMIUM_LIABILITY, 1), (VENDOR_PAYABLE, -1)),
    "commission_accrued": ((PREMIUM_LIABILITY, 1), (COMMISSION_PAYABLE, -1)),
    "margin_earned": ((PREMIUM_LIABILITY, 1), (INCOME, -1)),
}
# What an ACH entry is booked against, and the prefix of its events.
CONTRA: dict[int, str] = {RECEIVABLE: "", VENDOR_PAYABLE: "vendor_", COMMISSION_PAYABLE: "commission_", INCOME: "fee_"}
for _account, _prefix in CONTRA.items():
    EVENTS[f"{_prefix}submitted"] = ((CLEARING, 1), (_account, -1))
    EVENTS[f"{_prefix}returned"] = ((_account, 1), (CLEARING, -1))
    EVENTS[f"{_prefix}returned_after_settlement"] = ((_account, 1), (CASH, -1))
