-- Invoices that no attempt asked for yet, less the credits used on them: company_id, invoice_id, payer (0: the company
-- itself), group_code (of a list bill, '' the company), kind, bill_date, due_date, open_cents. Later ones are among them.
-- Looked at are those after the company's mark and those it names as waiting (payments.asked). OFFSET keeps this company
-- by company, in the order of the keys: what is left to ask for is a small part of years of invoices.
WITH mark AS (
  SELECT c AS company_id, coalesce(k.upto, 0) AS upto, coalesce(k.waiting, '{{}}') AS waiting
  FROM unnest({companies}::int[]) c LEFT JOIN payments.asked k ON k.company_id = c
)
SELECT i.company_id, i.invoice_id, coalesce(i.person_id, 0) AS payer, i.group_code, i.kind, i.bill_date, i.due_date,
  (i.total_cents - coalesce(u.cents, 0))::bigint AS open_cents
FROM (
  SELECT n.* FROM mark m CROSS JOIN LATERAL (
    SELECT * FROM billing.invoice i
    WHERE i.company_id = m.company_id AND i.invoice_id > m.upto AND i.total_cents > 0
      AND NOT EXISTS (SELECT FROM payments.attempt a
                      WHERE a.company_id = m.company_id AND a.invoice_id > m.upto AND a.invoice_id = i.invoice_id)
    OFFSET 0) n
  UNION ALL
  SELECT i.* FROM mark m CROSS JOIN unnest(m.waiting) w
  JOIN billing.invoice i ON i.company_id = m.company_id AND i.invoice_id = w
  WHERE i.total_cents > 0
    AND NOT EXISTS (SELECT FROM payments.attempt a WHERE a.company_id = i.company_id AND a.invoice_id = i.invoice_id)
) i
LEFT JOIN (SELECT company_id, to_invoice, sum(amount_cents) AS cents FROM payments.credit_use GROUP BY 1, 2) u
  ON u.company_id = i.company_id AND u.to_invoice = i.invoice_id
WHERE i.total_cents > coalesce(u.cents, 0)
