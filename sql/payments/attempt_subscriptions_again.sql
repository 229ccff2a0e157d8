-- The subscriptions on these invoices, whose drafts came back, as they stand today: company_id, invoice_id, code,
-- account_code (null: it is another person's subscription, or a list bill's, whose account is not the payer's).
SELECT DISTINCT l.company_id, l.invoice_id, s.code,
  CASE WHEN s.person_id = i.person_id THEN s.account_code END AS account_code
FROM unnest({company_ids}::int[], {invoice_ids}::bigint[]) AS w(company_id, invoice_id)
JOIN billing.invoice i ON i.company_id = w.company_id AND i.invoice_id = w.invoice_id
JOIN billing.line l ON l.company_id = w.company_id AND l.invoice_id = w.invoice_id
JOIN master.subscription s ON s.company_id = l.company_id AND s.subscription_id = l.subscription_id
ORDER BY l.company_id, l.invoice_id, s.code
