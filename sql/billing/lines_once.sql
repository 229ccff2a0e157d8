-- One-time fees booked before a day of subscriptions that start since (their start has moved); columns as in lines_since.
SELECT l.company_id, l.subscription_id, l.fee_id, l.coverage_start, l.part, l.debtor, l.coverage_end, l.revision,
  l.line_id, l.price_id, l.cause ~ '(hold|lapse) 2' AS less_hold, l.amount_cents, l.vendor_cents, l.commissionable_cents
FROM billing.line l
JOIN master.subscription s USING (company_id, subscription_id)
WHERE l.coverage_start < {first}::date AND s.start_date >= {first}::date AND l.coverage_end = l.coverage_start AND l.revision >= 0
