-- Booked lines whose coverage starts on or after a day, and the one-time fees of subscriptions that start since then,
-- wherever booked: company_id, subscription_id, fee_id, coverage_start, part, debtor, coverage_end, revision, line_id,
-- price_id, less_hold, amount_cents, vendor_cents, commissionable_cents.
SELECT company_id, subscription_id, fee_id, coverage_start, part, debtor, coverage_end, revision, line_id, price_id,
  cause ~ '(hold|lapse) 2' AS less_hold, amount_cents, vendor_cents, commissionable_cents
FROM billing.line WHERE coverage_start >= {first}::date
UNION ALL
SELECT l.company_id, l.subscription_id, l.fee_id, l.coverage_start, l.part, l.debtor, l.coverage_end, l.revision,
  l.line_id, l.price_id, l.cause ~ '(hold|lapse) 2' AS less_hold, l.amount_cents, l.vendor_cents, l.commissionable_cents
FROM billing.line l
JOIN master.subscription s USING (company_id, subscription_id)
WHERE l.coverage_start < {first}::date AND s.start_date >= {first}::date AND l.coverage_end = l.coverage_start
