-- What employees owe on list bills (companies and numbers as arrays side by side), by line: company_id, invoice_id,
-- member_code, coverage_month, recurrence, regular (the charge of a whole period), pays_per_year, amount_cents; and of
-- the bill company_code, group_code, bill_date.
-- A period is whole when its fees, taxes apart, were charged their full prices in all parts together.
WITH bill AS (
  SELECT l.*, g.pays_per_year, i.group_code, i.bill_date, c.code AS company_code
  FROM unnest({owners}::int[], {invoices}::bigint[]) w (company_id, invoice_id)
  JOIN billing.invoice i USING (company_id, invoice_id)
  JOIN billing.line l USING (company_id, invoice_id)
  JOIN master.company c USING (company_id)
  LEFT JOIN master.sub_group g ON g.company_id = i.company_id AND g.code = i.group_code
  WHERE i.kind = 'list_bill' AND l.debtor = -2
), whole AS (
  SELECT c.company_id, c.subscription_id, c.coverage_start, bool_and(p.percent IS NOT NULL OR c.cents = p.amount_cents) AS whole
  FROM (SELECT l.company_id, l.subscription_id, l.fee_id, l.coverage_start, l.price_id, sum(l.amount_cents) AS cents
        FROM billing.line l
        JOIN (SELECT DISTINCT company_id, subscription_id, coverage_start FROM bill) b
          USING (company_id, subscription_id, coverage_start)
        WHERE l.revision = 0
        GROUP BY 1, 2, 3, 4, 5) c
  JOIN master.price p USING (price_id)
  GROUP BY 1, 2, 3
)
SELECT b.company_id, b.invoice_id, m.code AS member_code, date_trunc('month', b.coverage_start)::date AS coverage_month,
  CASE f.kind WHEN 'tax' THEN p.recurrence ELSE f.recurrence END AS recurrence, b.kind = 'charge' AND b.revision = 0 AND w.whole AS regular,
  coalesce(b.pays_per_year, 12)::bigint AS pays_per_year, b.amount_cents,
  b.company_code, b.group_code, b.bill_date
FROM bill b
JOIN whole w USING (company_id, subscription_id, coverage_start)
JOIN master.fee f USING (fee_id)
-- A tax comes as often as the premium it follows.
LEFT JOIN LATERAL (SELECT recurrence FROM master.fee WHERE product_id = f.product_id AND kind = 'premium'
                   ORDER BY fee_id LIMIT 1) p ON true
JOIN master.subscription s ON s.company_id = b.company_id AND s.subscription_id = b.subscription_id
JOIN master.person m ON m.company_id = s.company_id AND m.person_id = s.person_id
ORDER BY b.company_id, b.invoice_id, m.code, b.coverage_start, b.line_id
