-- Every booked line of some subscriptions, memos apart; columns as in lines_since.
SELECT l.company_id, l.subscription_id, l.fee_id, l.coverage_start, l.part, l.debtor, l.coverage_end, l.revision,
  l.line_id, l.price_id, l.cause ~ '(hold|lapse) 2' AS less_hold, l.amount_cents, l.vendor_cents, l.commissionable_cents
FROM billing.line l
JOIN unnest({of_companies}::int[], {subscriptions}::int[]) AS w (company_id, subscription_id)
  USING (company_id, subscription_id)
WHERE l.revision >= 0
