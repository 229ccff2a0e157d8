-- The newest version of every account: company_id, account_code, account_id, routing, account_type, account_sealed,
-- holder_name.
SELECT DISTINCT ON (company_id, code) company_id, code AS account_code, account_id, routing, account_type,
  account_sealed, holder_name
FROM master.bank_account ORDER BY company_id, code, version DESC
