-- All versions of bank accounts of the transaction's companies, with the blind index and without the number.
SELECT company_id, code, version, source, person_id, routing, account_type, account_blind, holder_name
FROM master.bank_account
