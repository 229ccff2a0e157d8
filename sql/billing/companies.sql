-- The companies of the transaction and their billing settings: company_id, company_code, bill_lead_days, go_live,
-- company_bill_day.
SELECT company_id, code AS company_code, bill_lead_days, go_live, bill_day AS company_bill_day
FROM master.company WHERE company_id = ANY ({companies}::int[]) ORDER BY company_id
