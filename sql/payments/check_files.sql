-- ACH files of the night whose registered totals are not the sums of their entries and offset entries: failure.
SELECT format('file %s of company %s says %s entries, %s cents of debits and %s of credits; its entries are %s with %s and %s',
  f.name, f.company_id, f.records, f.debit_cents, f.credit_cents, coalesce(s.entries, 0), coalesce(s.debit_cents, 0),
  coalesce(s.credit_cents, 0)) AS failure
FROM exchange.file f
JOIN payments.ach_file h USING (company_id, file_id)
LEFT JOIN (
  SELECT b.company_id, b.file_id, sum(b.entries) AS entries, sum(b.debit_cents) AS debit_cents,
    sum(b.credit_cents) AS credit_cents, count(*) FILTER (WHERE b.debit_cents <> b.credit_cents) AS uneven
  FROM (
    SELECT e.company_id, e.file_id, count(*) AS entries,
      sum(CASE WHEN e.signed_cents > 0 THEN e.amount_cents ELSE 0 END) AS debit_cents,
      sum(CASE WHEN e.signed_cents < 0 THEN e.amount_cents ELSE 0 END) AS credit_cents
    FROM payments.ach_entry e WHERE e.business_date = {business_date}::date
    GROUP BY e.company_id, e.file_id, e.batch_number) b
  GROUP BY b.company_id, b.file_id
) s USING (company_id, file_id)
WHERE f.kind = 'nacha' AND f.business_date = {business_date}::date
  AND (f.records, f.debit_cents - h.offset_debit_cents, f.credit_cents - h.offset_credit_cents)
    IS DISTINCT FROM (
      coalesce(s.entries, 0) + CASE h.offset_per WHEN 'batch' THEN coalesce(s.uneven, 0)
        WHEN 'file' THEN (coalesce(s.debit_cents, 0) <> coalesce(s.credit_cents, 0))::int ELSE 0 END,
      coalesce(s.debit_cents, 0)::bigint, coalesce(s.credit_cents, 0)::bigint)
   OR f.kind = 'nacha' AND f.business_date = {business_date}::date AND h.offset_per IS NOT NULL AND f.debit_cents <> f.credit_cents
ORDER BY f.company_id, f.file_id
