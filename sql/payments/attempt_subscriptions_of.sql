-- Of some invoices what attempt_subscriptions reads of all that are looked at: each a look-up (hence OFFSET).
SELECT l.company_id, l.invoice_id, s.code, s.person_id, s.account_code
FROM unnest({of_companies}::int[], {invoices}::bigint[]) AS w (company_id, invoice_id)
CROSS JOIN LATERAL (
  SELECT l.company_id, l.invoice_id, l.subscription_id FROM billing.line l
  WHERE l.company_id = w.company_id AND l.invoice_id = w.invoice_id OFFSET 0) l
CROSS JOIN LATERAL (
  SELECT s.code, s.person_id, s.account_code FROM master.subscription s
  WHERE s.company_id = l.company_id AND s.subscription_id = l.subscription_id OFFSET 0) s
