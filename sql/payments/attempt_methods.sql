-- How payers divide what they owe: company_id, payer, part, account_code, percent (text, null: a fixed amount),
-- amount_cents (null: a percent).
SELECT company_id, person_id AS payer, part, account_code, percent::text AS percent, amount_cents
FROM master.pay_method ORDER BY company_id, person_id, part
