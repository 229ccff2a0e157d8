-- Every account version but those of change notices after the business date: company_id, account_code, version,
-- account_id, own (the company's), stopped (by then).
SELECT b.company_id, b.code AS account_code, b.version, b.account_id, b.person_id IS NULL AS own,
  EXISTS (SELECT FROM returns.account_stop s WHERE s.company_id = b.company_id AND s.account_id = b.account_id
          AND s.business_date <= {business_date}::date) AS stopped
FROM master.bank_account b
WHERE NOT EXISTS (SELECT FROM returns.notice n WHERE n.company_id = b.company_id AND n.account_id = b.account_id
  AND n.business_date > {business_date}::date)
