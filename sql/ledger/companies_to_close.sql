-- Companies whose month before the business date is still open: company_id, month.
SELECT c AS company_id, (date_trunc('month', {business_date}::date) - interval '1 month')::date AS month
FROM unnest({companies}::int[]) c
WHERE NOT EXISTS (SELECT FROM ledger.closed_month m WHERE m.company_id = c
  AND m.month = (date_trunc('month', {business_date}::date) - interval '1 month')::date)
ORDER BY c
