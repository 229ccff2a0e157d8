-- Attempts that are in no file yet, with their company: company_id, company_code, bank, ach_company_id,
-- ach_company_name, attempt_id, invoice_id, payer_part, attempt_no, amount_cents, sec, wanted_date, account_code.
-- One look-up in the unique index per attempt: as an anti-join the planner, whose guess of what row-level security lets
-- through is far too low, once compared every attempt with every entry.
SELECT c.company_id, c.code AS company_code, c.bank, c.ach_company_id, c.ach_company_name,
  a.attempt_id, a.invoice_id, a.payer_part, a.attempt_no, a.amount_cents, a.sec, a.wanted_date, a.account_code
FROM payments.attempt a JOIN master.company c USING (company_id)
WHERE a.business_date <= {business_date}::date AND (
  SELECT true FROM payments.ach_entry e WHERE e.company_id = a.company_id AND e.purpose = 'premium'
    AND e.source_id = a.attempt_id AND e.attempt_no = a.attempt_no) IS NULL
ORDER BY a.company_id, a.invoice_id, a.payer_part, a.attempt_no
