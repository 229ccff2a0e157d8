-- ACH files of the night whose registered totals are not the sums of their entries: failure.
SELECT format('file %s of company %s says %s entries and %s cents of debits, its entries are %s with %s cents',
  f.name, f.company_id, f.records, f.debit_cents, coalesce(s.entries, 0), coalesce(s.debit_cents, 0)) AS failure
FROM exchange.file f
LEFT JOIN (
  SELECT e.company_id, e.file_id, count(*) AS entries,
    coalesce(sum(e.amount_cents) FILTER (WHERE e.transaction_code % 10 IN (6, 7, 8, 9)), 0) AS debit_cents,
    coalesce(sum(e.amount_cents) FILTER (WHERE e.transaction_code % 10 IN (1, 2, 3, 4)), 0) AS credit_cents
  FROM payments.ach_entry e WHERE e.business_date = {business_date}::date GROUP BY e.company_id, e.file_id
) s USING (company_id, file_id)
WHERE f.kind = 'nacha' AND f.business_date = {business_date}::date
  AND (f.records, f.debit_cents, f.credit_cents)
    IS DISTINCT FROM (coalesce(s.entries, 0), coalesce(s.debit_cents, 0)::bigint, coalesce(s.credit_cents, 0)::bigint)
ORDER BY f.company_id, f.file_id
