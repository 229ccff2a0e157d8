-- Invoices that no attempt asked for yet, less the credits used on them: company_id, invoice_id, payer (0: the company
-- itself), group_code (of a list bill, '' the company), kind, due_date, open_cents.
SELECT i.company_id, i.invoice_id, coalesce(i.person_id, 0) AS payer, i.group_code, i.kind, i.due_date,
  (i.total_cents - coalesce(u.cents, 0))::bigint AS open_cents
FROM billing.invoice i
LEFT JOIN (SELECT company_id, to_invoice, sum(amount_cents) AS cents FROM payments.credit_use GROUP BY 1, 2) u
  ON u.company_id = i.company_id AND u.to_invoice = i.invoice_id
WHERE i.total_cents > coalesce(u.cents, 0) AND i.bill_date <= {business_date}::date
  AND NOT EXISTS (SELECT FROM payments.attempt a WHERE a.company_id = i.company_id AND a.invoice_id = i.invoice_id)
ORDER BY i.company_id, i.invoice_id
