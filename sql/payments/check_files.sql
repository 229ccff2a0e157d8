-- ACH files of the night whose registered totals are not the sums of their entries and offset entries: failure.
WITH levelled AS (
  -- What an offset entry levels: a batch, or the file's money of one day.
  SELECT e.company_id, e.file_id, h.offset_per, count(*) AS entries,
    sum(CASE WHEN e.signed_cents > 0 THEN e.amount_cents ELSE 0 END) AS debit_cents,
    sum(CASE WHEN e.signed_cents < 0 THEN e.amount_cents ELSE 0 END) AS credit_cents
  FROM payments.ach_entry e JOIN payments.ach_file h USING (company_id, file_id)
  WHERE e.business_date = {business_date}::date
  GROUP BY e.company_id, e.file_id, h.offset_per, e.effective_date,
    CASE WHEN h.offset_per = 'batch' THEN e.batch_number END
), sums AS (
  SELECT l.company_id, l.file_id,
    sum(l.entries) + count(*) FILTER (WHERE l.offset_per IS NOT NULL AND l.debit_cents <> l.credit_cents) AS entries,
    sum(l.debit_cents) AS debit_cents, sum(l.credit_cents) AS credit_cents
  FROM levelled l GROUP BY l.company_id, l.file_id
), compared AS (
  SELECT f.company_id, f.file_id, f.name, f.records, f.debit_cents, f.credit_cents, h.offset_per,
    coalesce(s.entries, 0)::bigint AS its_entries,
    (coalesce(s.debit_cents, 0) + h.offset_debit_cents)::bigint AS its_debits,
    (coalesce(s.credit_cents, 0) + h.offset_credit_cents)::bigint AS its_credits
  FROM exchange.file f JOIN payments.ach_file h USING (company_id, file_id)
  LEFT JOIN sums s USING (company_id, file_id)
  WHERE f.kind = 'nacha' AND f.business_date = {business_date}::date
)
SELECT format('file %s of company %s says %s entries, %s cents of debits and %s of credits; its entries are %s with %s and %s',
  c.name, c.company_id, c.records, c.debit_cents, c.credit_cents, c.its_entries, c.its_debits, c.its_credits) AS failure
FROM compared c
WHERE (c.records, c.debit_cents, c.credit_cents) IS DISTINCT FROM (c.its_entries, c.its_debits, c.its_credits)
  OR (c.offset_per IS NOT NULL AND c.debit_cents <> c.credit_cents)
ORDER BY c.company_id, c.file_id
