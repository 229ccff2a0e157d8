-- Accounts that money is to move through: company_id, account_code. A payer's, when a running subscription or a part of
-- his payments names it; the company's own, when it is billed by list; a payee's always.
SELECT company_id, account_code FROM master.subscription
WHERE method = 'ach' AND account_code <> '' AND (end_date IS NULL OR end_date > {business_date}::date)
UNION
SELECT company_id, account_code FROM master.pay_method
UNION
SELECT b.company_id, b.code FROM master.bank_account b
WHERE b.person_id IS NULL AND (b.owner <> 'payer' OR EXISTS (
  SELECT FROM master.subscription s WHERE s.company_id = b.company_id AND s.method = 'list_bill'
    AND (s.end_date IS NULL OR s.end_date > {business_date}::date)))
ORDER BY company_id, account_code
