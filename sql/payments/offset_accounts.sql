-- The newest version of each company's own accounts of these codes: company_id, account_code, offset_account_id,
-- offset_routing, offset_type, offset_name, account_sealed.
SELECT DISTINCT ON (b.company_id, b.code) b.company_id, b.code AS account_code, b.account_id AS offset_account_id,
  b.routing AS offset_routing, b.account_type AS offset_type, b.holder_name AS offset_name, b.account_sealed
FROM master.bank_account b
WHERE b.person_id IS NULL AND b.owner = 'payer' AND b.code = ANY ({codes}::text[])
ORDER BY b.company_id, b.code, b.version DESC
