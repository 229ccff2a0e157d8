-- Of the accounts named, those through which something still is to go that is in no file, or only in void ones, whoever
-- has left meanwhile: company_id, account_code.
WITH source AS (
  SELECT company_id, account_code, 'premium' AS purpose, attempt_id AS source_id, attempt_no
  FROM payments.attempt
  WHERE account_code = ANY ({accounts}::text[]) AND business_date <= {business_date}::date
  UNION ALL
  SELECT company_id, account_code, purpose, instruction_id, 1::smallint FROM payments.instruction
  WHERE account_code = ANY ({accounts}::text[]) AND business_date <= {business_date}::date
)
SELECT DISTINCT s.company_id, s.account_code
FROM source s
WHERE (SELECT true FROM payments.ach_entry e WHERE e.company_id = s.company_id AND e.purpose = s.purpose
         AND e.source_id = s.source_id AND e.attempt_no = s.attempt_no
         AND (SELECT true FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id) IS NULL
       LIMIT 1) IS NULL
ORDER BY s.company_id, s.account_code
