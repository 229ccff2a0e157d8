-- What the recorded entries of the files of this business date add up to, each with the offset entries that level it:
-- company_id, file_id, entries, debit_cents, credit_cents, entry_hash (low ten digits), offset_debit_cents,
-- offset_credit_cents (both part of the sums before).
WITH batch AS (
  SELECT e.company_id, e.file_id, e.batch_number, e.effective_date, count(*) AS entries,
    coalesce(sum(e.amount_cents) FILTER (WHERE e.transaction_code % 10 >= 5), 0) AS debit_cents,
    coalesce(sum(e.amount_cents) FILTER (WHERE e.transaction_code % 10 < 5), 0) AS credit_cents,
    sum(left(b.routing, 8)::bigint) AS hash
  FROM payments.ach_entry e JOIN master.bank_account b USING (company_id, account_id)
  WHERE e.business_date = {business_date}::date
  GROUP BY e.company_id, e.file_id, e.batch_number, e.effective_date
), levelled AS (
  -- What an offset entry levels: a batch, or the file's money of one day.
  SELECT g.company_id, g.file_id, sum(g.entries) AS entries, sum(g.debit_cents) AS debit_cents,
    sum(g.credit_cents) AS credit_cents, sum(g.hash) AS hash
  FROM batch g JOIN payments.ach_file h USING (company_id, file_id)
  GROUP BY g.company_id, g.file_id, g.effective_date, CASE WHEN h.offset_per = 'batch' THEN g.batch_number END
), file AS (
  SELECT l.company_id, l.file_id, sum(l.entries) AS entries, sum(l.debit_cents) AS debit_cents,
    sum(l.credit_cents) AS credit_cents, sum(l.hash) AS hash,
    count(*) FILTER (WHERE l.debit_cents <> l.credit_cents) AS uneven,
    sum(greatest(l.credit_cents - l.debit_cents, 0)) AS offset_debit_cents,
    sum(greatest(l.debit_cents - l.credit_cents, 0)) AS offset_credit_cents
  FROM levelled l GROUP BY l.company_id, l.file_id
), own AS (
  SELECT f.*, h.offset_per IS NOT NULL AS balanced, left(b.routing, 8)::bigint AS own_hash
  FROM file f JOIN payments.ach_file h USING (company_id, file_id)
  LEFT JOIN master.bank_account b ON b.company_id = h.company_id AND b.account_id = h.offset_account_id
)
SELECT o.company_id, o.file_id, (o.entries + CASE WHEN o.balanced THEN o.uneven ELSE 0 END)::bigint AS entries,
  (o.debit_cents + CASE WHEN o.balanced THEN o.offset_debit_cents ELSE 0 END)::bigint AS debit_cents,
  (o.credit_cents + CASE WHEN o.balanced THEN o.offset_credit_cents ELSE 0 END)::bigint AS credit_cents,
  ((o.hash + CASE WHEN o.balanced THEN o.uneven * o.own_hash ELSE 0 END) % 10000000000)::bigint AS entry_hash,
  CASE WHEN o.balanced THEN o.offset_debit_cents ELSE 0 END::bigint AS offset_debit_cents,
  CASE WHEN o.balanced THEN o.offset_credit_cents ELSE 0 END::bigint AS offset_credit_cents
FROM own o
ORDER BY o.company_id, o.file_id
