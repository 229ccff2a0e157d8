-- Some invoices with what their ladder asks: company_id, invoice_id, due_date, state (of the payer).
SELECT i.company_id, i.invoice_id, i.due_date, coalesce(p.state, c.state) AS state
FROM unnest({of_companies}::int[], {invoices}::bigint[]) AS w (company_id, invoice_id)
JOIN billing.invoice i USING (company_id, invoice_id) JOIN master.company c USING (company_id)
LEFT JOIN master.person p ON p.company_id = i.company_id AND p.person_id = i.person_id
ORDER BY 1, 2
