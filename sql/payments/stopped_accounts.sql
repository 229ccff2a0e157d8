-- Account versions that may not be drafted from: company_id, account_id, stop (the first code that said so).
SELECT company_id, account_id, min(code) AS stop FROM returns.account_stop GROUP BY company_id, account_id
