-- Credit invoices that are not used up: company_id, invoice_id, payer (0: the company itself), left_cents above zero.
SELECT i.company_id, i.invoice_id, coalesce(i.person_id, 0) AS payer,
  (-i.total_cents - coalesce(u.cents, 0))::bigint AS left_cents
FROM billing.invoice i
LEFT JOIN (SELECT company_id, from_invoice, sum(amount_cents) AS cents FROM payments.credit_use GROUP BY 1, 2) u
  ON u.company_id = i.company_id AND u.from_invoice = i.invoice_id
WHERE i.total_cents < 0 AND i.bill_date <= {business_date}::date AND -i.total_cents > coalesce(u.cents, 0)
ORDER BY i.company_id, i.invoice_id
