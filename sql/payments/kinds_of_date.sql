-- What the ACH files of a business date hold, void ones left out: date, file, purpose, description, sec, effective_date,
-- same_day (settles on the day of its file), entries, debit_cents, credit_cents.
SELECT e.business_date::text AS date, f.name AS file, replace(e.purpose, '_', ' ') AS purpose, e.description, e.sec,
  e.effective_date::text AS effective_date, e.effective_date = e.business_date AS same_day, count(*) AS entries,
  coalesce(sum(e.amount_cents) FILTER (WHERE e.signed_cents > 0), 0)::bigint AS debit_cents,
  coalesce(sum(e.amount_cents) FILTER (WHERE e.signed_cents < 0), 0)::bigint AS credit_cents
FROM payments.ach_entry e JOIN exchange.file f USING (company_id, file_id)
WHERE e.business_date = {business_date}::date
  AND NOT EXISTS (SELECT FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id)
GROUP BY e.business_date, f.name, e.purpose, e.description, e.sec, e.effective_date
ORDER BY f.name, e.purpose, e.description, e.sec, e.effective_date
