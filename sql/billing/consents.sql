-- What was decided about lapses and reinstatements by the business date: company_id, invoice_id, kind, granted.
SELECT company_id, subject::bigint AS invoice_id, kind, granted FROM billing.consent
WHERE kind IN ('lapse', 'reinstatement') AND business_date <= {business_date}::date
ORDER BY 1, 2, 3
