-- Accounts that money is to move through: company_id, account_code. A payer's, when a running subscription or a part of
-- his payments names it; the first of his own, when he pays a share of another's running subscription; the company's own,
-- when it is billed by list or pays a share; a payee's always.
SELECT company_id, account_code FROM master.subscription
WHERE method = 'ach' AND account_code <> '' AND (end_date IS NULL OR end_date > {business_date}::date)
UNION
SELECT company_id, account_code FROM master.pay_method
UNION
SELECT h.company_id, min(b.code COLLATE "C") FROM master.payer_share h
JOIN master.subscription s USING (company_id, subscription_id)
JOIN master.bank_account b ON b.company_id = h.company_id AND b.person_id = h.person_id AND b.owner = 'payer'
WHERE h.payer = 'person' AND (s.end_date IS NULL OR s.end_date > {business_date}::date)
GROUP BY h.company_id, h.person_id
UNION
SELECT b.company_id, b.code FROM master.bank_account b
WHERE b.person_id IS NULL AND (b.owner <> 'payer' OR EXISTS (
  SELECT FROM master.subscription s WHERE s.company_id = b.company_id
    AND (s.end_date IS NULL OR s.end_date > {business_date}::date)
    AND (s.method = 'list_bill' OR EXISTS (
      SELECT FROM master.payer_share h WHERE h.company_id = s.company_id AND h.subscription_id = s.subscription_id
        AND h.payer = 'company'))))
ORDER BY company_id, account_code
