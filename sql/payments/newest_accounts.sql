-- The newest version of every account, those of change notices after the business date left out: company_id,
-- account_code, account_id, routing, account_type, account_sealed, account_blind, holder_name.
SELECT DISTINCT ON (b.company_id, b.code) b.company_id, b.code AS account_code, b.account_id, b.routing,
  b.account_type, b.account_sealed, b.account_blind, b.holder_name
FROM master.bank_account b
WHERE NOT EXISTS (SELECT FROM returns.notice n WHERE n.company_id = b.company_id AND n.account_id = b.account_id
  AND n.business_date > {business_date}::date)
ORDER BY b.company_id, b.code, b.version DESC
