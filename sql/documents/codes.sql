-- The companies of the transaction: company_id, code.
SELECT company_id, code FROM master.company WHERE company_id = ANY ({companies}::int[]) ORDER BY company_id
