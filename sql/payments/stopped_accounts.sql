-- Account versions that may not be drafted from at the business date: company_id, account_id, stop (the first code that
-- said so).
SELECT company_id, account_id, min(code) AS stop FROM returns.account_stop
WHERE business_date <= {business_date}::date GROUP BY company_id, account_id
