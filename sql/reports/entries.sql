-- ACH entries of the night without account or person: company, file_name, batch_number, trace_number, sec,
-- description, transaction_code, purpose, invoice_id (null: about none), attempt_no, amount_cents, effective_date, state
-- as of the night.
WITH state AS (
  SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state
  FROM exchange.event WHERE business_date <= {business_date}::date ORDER BY company_id, file_id, event_no DESC)
SELECT c.code AS company, f.name AS file_name, e.batch_number, e.trace_number, e.sec, e.description,
  e.transaction_code, e.purpose,
  CASE WHEN e.reverses IS NULL THEN coalesce(a.invoice_id, n.invoice_id) ELSE (SELECT x.invoice_id
    FROM payments.invoice_entry x WHERE x.company_id = e.company_id AND x.entry_id = e.reverses) END AS invoice_id,
  e.attempt_no, e.amount_cents, e.effective_date,
  CASE WHEN r.code IS NOT NULL THEN 'returned ' || r.code ELSE s.state END AS state
FROM payments.ach_entry e
JOIN master.company c USING (company_id)
LEFT JOIN exchange.file f USING (company_id, file_id)
LEFT JOIN state s USING (company_id, file_id)
LEFT JOIN payments.attempt a ON e.purpose = 'premium' AND a.company_id = e.company_id AND a.attempt_id = e.source_id
LEFT JOIN payments.instruction n ON e.purpose = 'refund' AND n.company_id = e.company_id AND n.instruction_id = e.source_id
LEFT JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
  AND r.business_date <= {business_date}::date
WHERE e.business_date = {business_date}::date
ORDER BY c.code COLLATE "C", e.trace_number
