-- Every account version known at the business date: company_id, account_code, account_id, version, owner, owner_code,
-- person_id, routing, account_type, account_sealed, account_blind, holder_name, authorised, source, given_on,
-- validated_on, closed_on. The numbers only when `sealed` are asked for. Later ones are left out, but never the first: a night made up for later needs an account.
SELECT b.company_id, b.code AS account_code, b.account_id, b.version, b.owner, b.owner_code, b.person_id, b.routing,
  b.account_type, CASE WHEN {sealed}::bool THEN b.account_sealed ELSE '' END AS account_sealed, b.account_blind, b.holder_name, b.authorised, b.source, b.given_on, b.validated_on,
  b.closed_on
FROM master.bank_account b
WHERE (b.version = 1 OR b.given_on IS NULL OR b.given_on <= {business_date}::date)
  AND NOT EXISTS (SELECT FROM returns.notice n WHERE n.company_id = b.company_id AND n.account_id = b.account_id
    AND n.business_date > {business_date}::date)
