-- Every booked line of some subscriptions, memos apart; columns as in lines_since. OFFSET keeps it a look-up for each of
-- them: the planner would sooner read every line there is.
SELECT l.company_id, l.subscription_id, l.fee_id, l.coverage_start, l.part, l.debtor, l.coverage_end, l.revision,
  l.line_id, l.price_id, l.cause ~ '(hold|lapse) 2' AS less_hold, l.amount_cents, l.vendor_cents, l.commissionable_cents
FROM unnest({of_companies}::int[], {subscriptions}::int[]) AS w (company_id, subscription_id)
CROSS JOIN LATERAL (
  SELECT * FROM billing.line l
  WHERE l.company_id = w.company_id AND l.subscription_id = w.subscription_id AND l.revision >= 0 OFFSET 0) l
