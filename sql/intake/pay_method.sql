-- Parts of payers' payments: company_id, person_id, part, account_code, percent (text), amount_cents.
SELECT company_id, person_id, part, account_code, percent::text AS percent, amount_cents FROM master.pay_method
