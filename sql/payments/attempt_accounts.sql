-- Every account version: company_id, account_code, version, account_id, own (the company's), stopped.
SELECT b.company_id, b.code AS account_code, b.version, b.account_id, b.person_id IS NULL AS own,
  EXISTS (SELECT FROM returns.account_stop s WHERE s.company_id = b.company_id AND s.account_id = b.account_id) AS stopped
FROM master.bank_account b
