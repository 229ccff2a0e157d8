-- Files of the night, and earlier ones that are not finished: company, kind, partner, name, business_date, records,
-- debit_cents, credit_cents, effective_date (ACH), sha256, state and since when, as of the night.
WITH state AS (
       SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state, business_date AS since
       FROM exchange.event WHERE business_date <= {business_date}::date ORDER BY company_id, file_id, event_no DESC),
     shown AS (
       SELECT f.*, s.state, s.since FROM exchange.file f LEFT JOIN state s USING (company_id, file_id)
       WHERE f.business_date = {business_date}::date OR (f.business_date < {business_date}::date
         AND coalesce(s.state, 'built') NOT IN ('sent', 'acknowledged', 'void'))),
     due AS (
       SELECT company_id, file_id, min(effective_date) AS effective_date
       FROM payments.ach_entry WHERE (company_id, file_id) IN (SELECT company_id, file_id FROM shown) GROUP BY 1, 2)
SELECT c.code AS company, f.kind, f.partner, f.name, f.business_date, f.records, f.debit_cents, f.credit_cents,
  d.effective_date, encode(f.sha256, 'hex') AS sha256, coalesce(f.state, 'built') AS state, f.since
FROM shown f JOIN master.company c USING (company_id) LEFT JOIN due d USING (company_id, file_id)
ORDER BY f.kind DESC, f.business_date DESC, c.code COLLATE "C", f.partner COLLATE "C", f.sequence
