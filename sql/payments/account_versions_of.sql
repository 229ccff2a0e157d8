-- As account_versions, of the accounts with these codes and of all that belong to these payers (0: the company itself).
-- OFFSET keeps it a look-up for each of them.
WITH wanted AS (
  SELECT company_id, code FROM unnest({of_companies}::int[], {codes}::text[]) AS w (company_id, code)
  UNION
  SELECT b.company_id, b.code FROM unnest({payers_of}::int[], {payers}::int[]) AS p (company_id, person_id)
  CROSS JOIN LATERAL (
    SELECT b.company_id, b.code FROM master.bank_account b
    WHERE b.company_id = p.company_id AND b.person_id = p.person_id
    UNION ALL
    SELECT b.company_id, b.code FROM master.bank_account b
    WHERE p.person_id = 0 AND b.company_id = p.company_id AND b.person_id IS NULL OFFSET 0) b
)
SELECT b.company_id, b.code AS account_code, b.account_id, b.version, b.owner, b.owner_code, b.person_id, b.routing,
  b.account_type, CASE WHEN {sealed}::bool THEN b.account_sealed ELSE '' END AS account_sealed, b.account_blind,
  b.holder_name, b.authorised, b.source, b.given_on, b.validated_on, b.closed_on
FROM wanted w CROSS JOIN LATERAL (
  SELECT * FROM master.bank_account b WHERE b.company_id = w.company_id AND b.code = w.code OFFSET 0) b
WHERE (b.version = 1 OR b.given_on IS NULL OR b.given_on <= {business_date}::date)
  AND NOT EXISTS (SELECT FROM returns.notice n WHERE n.company_id = b.company_id AND n.account_id = b.account_id
    AND n.business_date > {business_date}::date)
