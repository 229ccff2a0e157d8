-- Which list bills have a payroll deduction file (companies and invoice numbers as arrays side by side): company_id,
-- subject, on_date, person_id (null: the company's), template (payroll: it is no PDF), data (none: see billing/deductions).
SELECT i.company_id, i.invoice_id::text AS subject, i.bill_date AS on_date, i.person_id, 'payroll' AS template, '{{}}' AS data
FROM unnest({owners}::int[], {subjects}::text[]) w (company_id, subject)
JOIN billing.invoice i ON i.company_id = w.company_id AND i.invoice_id = w.subject::bigint
WHERE i.kind = 'list_bill' AND EXISTS (
  SELECT FROM billing.line l WHERE l.company_id = i.company_id AND l.invoice_id = i.invoice_id AND l.debtor = -2)
ORDER BY i.company_id, i.invoice_id
