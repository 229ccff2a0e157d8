-- What memos, posted or about to be, did to charges: company_id, subscription_id, fee_id, coverage_start, part, debtor,
-- amount_cents, vendor_cents, commissionable_cents (sums, below zero: taken from the charge).
SELECT o.company_id, o.subscription_id, o.fee_id, o.coverage_start, o.part, o.debtor,
  sum(coalesce(l.amount_cents, m.signed_cents))::bigint AS amount_cents, sum(coalesce(l.vendor_cents, 0))::bigint AS vendor_cents,
  sum(coalesce(l.commissionable_cents, 0))::bigint AS commissionable_cents
FROM billing.memo_state m
JOIN billing.line o ON o.company_id = m.company_id AND o.line_id = m.line_id
LEFT JOIN billing.line l ON l.company_id = m.company_id AND l.corrects = m.line_id AND l.revision < 0
  AND l.revision = (-m.memo_id)::int
WHERE m.state = 'posted' OR (m.state = 'ready' AND coalesce(m.decided_on, m.business_date) <= {business_date}::date)
GROUP BY 1, 2, 3, 4, 5, 6
