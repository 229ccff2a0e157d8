"""The chart of accounts and what each event posts. A debit is positive, a credit negative; each set sums to zero."""

CASH, RECEIVABLE, CLEARING = 1000, 1100, 1200
PREMIUM_LIABILITY, VENDOR_PAYABLE, COMMISSION_PAYABLE, INCOME = 2000, 2100, 2200, 4000

# event: (account, sign) of the event's amount
EVENTS: dict[str, tuple[tuple[int, int], ...]] = {
    "charged": ((RECEIVABLE, 1), (PREMIUM_LIABILITY, -1)),
    "submitted": ((CLEARING, 1), (RECEIVABLE, -1)),
    "settled": ((CASH, 1), (CLEARING, -1)),
    "returned": ((RECEIVABLE, 1), (CLEARING, -1)),
    "returned_after_settlement": ((RECEIVABLE, 1), (CASH, -1)),
    "vendor_accrued": ((PREMIUM_LIABILITY, 1), (VENDOR_PAYABLE, -1)),
    "commission_accrued": ((PREMIUM_LIABILITY, 1), (COMMISSION_PAYABLE, -1)),
    "margin_earned": ((PREMIUM_LIABILITY, 1), (INCOME, -1)),
}
