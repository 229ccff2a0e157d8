-- Attempts that are in no file yet, with their company and the newest version of their account (nulls: no such
-- account): company_id, company_code, bank, ach_company_id, ach_company_name, attempt_id, invoice_id, payer_part,
-- attempt_no, amount_cents, sec, wanted_date, account_id, routing, account_type, account_sealed, holder_name, stop.
SELECT c.company_id, c.code AS company_code, c.bank, c.ach_company_id, c.ach_company_name,
  a.attempt_id, a.invoice_id, a.payer_part, a.attempt_no, a.amount_cents, a.sec, a.wanted_date,
  b.account_id, b.routing, b.account_type, b.account_sealed, b.holder_name, s.stop
FROM payments.attempt a
JOIN master.company c USING (company_id)
LEFT JOIN (
  SELECT DISTINCT ON (company_id, code) company_id, code, account_id, routing, account_type, account_sealed, holder_name
  FROM master.bank_account ORDER BY company_id, code, version DESC
) b ON b.company_id = a.company_id AND b.code = a.account_code
LEFT JOIN (SELECT company_id, account_id, min(code) AS stop FROM returns.account_stop GROUP BY company_id, account_id) s
  ON s.company_id = a.company_id AND s.account_id = b.account_id
WHERE a.business_date <= {business_date}::date AND NOT EXISTS (
  SELECT FROM payments.ach_entry e WHERE e.company_id = a.company_id AND e.purpose = 'premium'
    AND e.source_id = a.attempt_id AND e.attempt_no = a.attempt_no)
ORDER BY a.company_id, a.invoice_id, a.payer_part, a.attempt_no
