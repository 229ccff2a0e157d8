-- The companies of the transaction and their billing settings: company_id, company_code, bill_lead_days, go_live.
SELECT company_id, code AS company_code, bill_lead_days, go_live
FROM master.company WHERE company_id = ANY ({companies}::int[]) ORDER BY company_id
