-- A bank account for each subscriber and one for each company; returns nothing.
INSERT INTO master.bank_account (company_id, account_id, code, person_id, routing, account_type, account_sealed,
  account_blind, account_last4, holder_name, run_no)
SELECT company_id, person_id, 'B' || person_id, person_id, '011000015', 'checking', ''::bytea, ''::bytea, '6789',
  'Ann Sample', {run}::bigint
FROM master.person
UNION ALL
SELECT c, {size}::int + 1, 'HOUSE', NULL, '011000015', 'checking', ''::bytea, ''::bytea, '6789', 'House', {run}::bigint
FROM unnest({companies}::int[]) c
