-- The bank whose terms hold for a company's accounts: company_id, bank.
SELECT company_id, bank FROM master.company WHERE company_id = ANY ({companies}::int[]) ORDER BY company_id
