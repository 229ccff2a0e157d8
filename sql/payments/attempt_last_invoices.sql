-- The last invoice of each company: company_id, upto (0: there is none).
SELECT c AS company_id, coalesce((SELECT max(i.invoice_id) FROM billing.invoice i WHERE i.company_id = c), 0) AS upto
FROM unnest({companies}::int[]) c ORDER BY c
