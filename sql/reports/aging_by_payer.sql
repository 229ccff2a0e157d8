-- Open invoices as of the night by payer: company, payer (a member's code; '' the company), group_code, invoices,
-- not_due_cents, to_30_cents, to_60_cents, to_90_cents, over_90_cents, credits_cents (not used, below zero), open_cents.
-- Its sum is the receivable account, as in aging.
WITH open AS (
  SELECT company_id, invoice_id, sum(cents)::bigint AS cents FROM (
    SELECT l.company_id, l.invoice_id, l.amount_cents AS cents
    FROM billing.line l JOIN billing.invoice i USING (company_id, invoice_id)
    WHERE i.bill_date <= {business_date}::date
    UNION ALL
    SELECT company_id, invoice_id, owed_cents FROM payments.invoice_move
    WHERE owed_cents <> 0 AND business_date <= {business_date}::date) AS moved
  GROUP BY company_id, invoice_id HAVING sum(cents) <> 0
), aged AS (
  SELECT i.company_id, i.person_id, i.group_code, o.cents,
    CASE WHEN o.cents < 0 THEN -1 ELSE greatest({business_date}::date - i.due_date, 0) END AS days
  FROM open o JOIN billing.invoice i USING (company_id, invoice_id)
)
SELECT c.code AS company, coalesce(p.code, '') AS payer, a.group_code, count(*) AS invoices,
  coalesce(sum(a.cents) FILTER (WHERE a.days = 0), 0)::bigint AS not_due_cents,
  coalesce(sum(a.cents) FILTER (WHERE a.days BETWEEN 1 AND 30), 0)::bigint AS to_30_cents,
  coalesce(sum(a.cents) FILTER (WHERE a.days BETWEEN 31 AND 60), 0)::bigint AS to_60_cents,
  coalesce(sum(a.cents) FILTER (WHERE a.days BETWEEN 61 AND 90), 0)::bigint AS to_90_cents,
  coalesce(sum(a.cents) FILTER (WHERE a.days > 90), 0)::bigint AS over_90_cents,
  coalesce(sum(a.cents) FILTER (WHERE a.days = -1), 0)::bigint AS credits_cents,
  sum(a.cents)::bigint AS open_cents
FROM aged a
JOIN master.company c USING (company_id)
LEFT JOIN master.person p ON p.company_id = a.company_id AND p.person_id = a.person_id
GROUP BY 1, 2, 3
ORDER BY c.code COLLATE "C", coalesce(p.code, '') COLLATE "C", a.group_code COLLATE "C"
