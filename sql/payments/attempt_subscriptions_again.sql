-- The subscriptions on these invoices, whose drafts came back, as they stand today: company_id, invoice_id, code,
-- account_code.
SELECT DISTINCT l.company_id, l.invoice_id, s.code, s.account_code
FROM unnest({company_ids}::int[], {invoice_ids}::bigint[]) AS w(company_id, invoice_id)
JOIN billing.line l ON l.company_id = w.company_id AND l.invoice_id = w.invoice_id
JOIN master.subscription s ON s.company_id = l.company_id AND s.subscription_id = l.subscription_id
ORDER BY l.company_id, l.invoice_id, s.code
