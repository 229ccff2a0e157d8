-- Subscriptions on individuals' invoices that no attempt asked for yet: company_id, invoice_id, code, account_code (null:
-- it is another person's subscription, whose account is not the payer's).
SELECT DISTINCT i.company_id, i.invoice_id, s.code,
  CASE WHEN s.person_id = i.person_id THEN s.account_code END AS account_code
FROM billing.invoice i
JOIN billing.line l ON l.company_id = i.company_id AND l.invoice_id = i.invoice_id
JOIN master.subscription s ON s.company_id = l.company_id AND s.subscription_id = l.subscription_id
WHERE i.kind = 'individual' AND i.total_cents > 0 AND i.bill_date <= {business_date}::date
  AND NOT EXISTS (SELECT FROM payments.attempt a WHERE a.company_id = i.company_id AND a.invoice_id = i.invoice_id)
