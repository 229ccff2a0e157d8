-- What some payers were billed before the business date, by charge with its corrections and memos: company_id, payer,
-- group_code, invoice_id, line_id, subscription_id, subscription (its code), fee, fee_kind, ladder (of its product),
-- coverage_start, coverage_end, first_cents (as charged), amount_cents (as it stands).
WITH mine AS (
  SELECT i.company_id, i.invoice_id, w.payer, w.group_code
  FROM unnest({of_company_id}::int[], {of_payer}::int[], {of_group_code}::text[]) AS w (company_id, payer, group_code)
  JOIN billing.invoice i ON i.company_id = w.company_id AND coalesce(i.person_id, 0) = w.payer AND i.group_code = w.group_code
  WHERE i.bill_date < {business_date}::date
)
SELECT o.company_id, m.payer, m.group_code, o.invoice_id, o.line_id, o.subscription_id, s.code AS subscription, f.code AS fee,
  f.kind AS fee_kind, p.dunning AS ladder, o.coverage_start, k.coverage_end, o.amount_cents AS first_cents, k.amount_cents
FROM mine m
JOIN billing.line o ON o.company_id = m.company_id AND o.invoice_id = m.invoice_id AND o.revision = 0
JOIN master.fee f USING (fee_id) JOIN master.product p USING (product_id)
JOIN master.subscription s ON s.company_id = o.company_id AND s.subscription_id = o.subscription_id
CROSS JOIN LATERAL (
  SELECT sum(l.amount_cents)::bigint AS amount_cents, (array_agg(l.coverage_end ORDER BY l.revision DESC))[1] AS coverage_end
  FROM billing.line l JOIN billing.invoice i USING (company_id, invoice_id)
  WHERE l.company_id = o.company_id AND l.subscription_id = o.subscription_id AND l.fee_id = o.fee_id
    AND l.coverage_start = o.coverage_start AND l.part = o.part AND l.debtor = o.debtor
    AND i.bill_date < {business_date}::date) k
ORDER BY o.company_id, o.line_id
