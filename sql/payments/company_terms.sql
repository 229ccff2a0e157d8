-- The companies of the transaction and their bank: company_id, bank.
SELECT company_id, bank FROM master.company WHERE company_id = ANY ({companies}::int[]) ORDER BY company_id
