-- The subscriptions of every line on an invoice that `attempt_open` looks at, once per line: company_id, invoice_id, code,
-- person_id (the subscriber), account_code.
WITH mark AS (
  SELECT c AS company_id, coalesce(k.upto, 0) AS upto, coalesce(k.waiting, '{{}}') AS waiting
  FROM unnest({companies}::int[]) c LEFT JOIN payments.asked k ON k.company_id = c
)
SELECT l.company_id, l.invoice_id, s.code, s.person_id, s.account_code
FROM (
  SELECT n.* FROM mark m CROSS JOIN LATERAL (
    SELECT l.company_id, l.invoice_id, l.subscription_id FROM billing.line l
    WHERE l.company_id = m.company_id AND l.invoice_id > m.upto OFFSET 0) n
  UNION ALL
  SELECT l.company_id, l.invoice_id, l.subscription_id FROM mark m CROSS JOIN unnest(m.waiting) w
  JOIN billing.line l ON l.company_id = m.company_id AND l.invoice_id = w
) l
JOIN master.subscription s ON s.company_id = l.company_id AND s.subscription_id = l.subscription_id
