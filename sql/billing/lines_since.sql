-- Booked lines, memos apart, whose coverage starts on or after a day: company_id, subscription_id, fee_id, coverage_start, part, debtor,
-- coverage_end, revision, line_id, price_id, less_hold, amount_cents, vendor_cents, commissionable_cents.
SELECT company_id, subscription_id, fee_id, coverage_start, part, debtor, coverage_end, revision, line_id, price_id,
  cause ~ '(hold|lapse) 2' AS less_hold, amount_cents, vendor_cents, commissionable_cents
FROM billing.line WHERE coverage_start >= {first}::date AND revision >= 0
