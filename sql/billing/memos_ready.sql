-- Memos agreed to and not posted yet, as of the business date, with the charge they are about: company_id, memo_id,
-- line_id, kind, signed_cents, reverses, subscription_id, fee_id, coverage_start, coverage_end, part, debtor, price_id,
-- origin_invoice, person_id, group_code, invoice_kind, left_cents and left_commissionable_cents (of the charge, memos
-- included), reversed_commissionable_cents (of the memo it takes back), open_cents (of the invoice:
-- what nothing pays yet).
SELECT m.company_id, m.memo_id, m.line_id, m.kind, m.signed_cents, m.reverses, o.subscription_id, o.fee_id, o.coverage_start,
  o.coverage_end, o.part, o.debtor, o.price_id, o.invoice_id AS origin_invoice, i.person_id, i.group_code,
  i.kind AS invoice_kind, k.cents AS left_cents, k.commissionable AS left_commissionable_cents,
  coalesce(r.commissionable_cents, 0) AS reversed_commissionable_cents,
  billing.open_of(i.company_id, i.invoice_id) AS open_cents
FROM billing.memo_state m
JOIN billing.line o ON o.company_id = m.company_id AND o.line_id = m.line_id
JOIN billing.invoice i ON i.company_id = o.company_id AND i.invoice_id = o.invoice_id
CROSS JOIN LATERAL (
  SELECT sum(l.amount_cents)::bigint AS cents, sum(l.commissionable_cents)::bigint AS commissionable FROM billing.line l
  WHERE l.company_id = o.company_id AND l.subscription_id = o.subscription_id AND l.fee_id = o.fee_id
    AND l.coverage_start = o.coverage_start AND l.part = o.part AND l.debtor = o.debtor) k
LEFT JOIN billing.line r ON r.company_id = m.company_id AND r.corrects = m.line_id AND r.revision < 0
  AND r.revision = (-m.reverses)::int
WHERE m.state = 'ready' AND m.business_date <= {business_date}::date
  AND coalesce(m.decided_on, m.business_date) <= {business_date}::date
ORDER BY m.company_id, m.memo_id
