-- What was done about some invoices: company_id, invoice_id, step, action.
SELECT d.company_id, d.invoice_id, d.step, d.action
FROM unnest({of_companies}::int[], {invoices}::bigint[]) AS w (company_id, invoice_id)
JOIN billing.dunning d USING (company_id, invoice_id)
ORDER BY 1, 2, 3
