-- All versions of bank accounts of the transaction's companies, with the blind index and without the number.
SELECT company_id, code, version, source, person_id, routing, account_type, account_blind, holder_name, owner, owner_code,
  authorised, validated_on, closed_on
FROM master.bank_account
ORDER BY company_id, code, version
