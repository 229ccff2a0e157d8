-- What the recorded entries of these files add up to: company_id, file_id, entries, debit_cents, credit_cents,
-- entry_hash (low ten digits).
SELECT e.company_id, e.file_id, count(*) AS entries,
  coalesce(sum(e.amount_cents) FILTER (WHERE e.transaction_code % 10 IN (6, 7, 8, 9)), 0)::bigint AS debit_cents,
  coalesce(sum(e.amount_cents) FILTER (WHERE e.transaction_code % 10 IN (1, 2, 3, 4)), 0)::bigint AS credit_cents,
  (sum(left(b.routing, 8)::bigint) % 10000000000)::bigint AS entry_hash
FROM payments.ach_entry e JOIN master.bank_account b USING (company_id, account_id)
WHERE e.business_date = {business_date}::date
GROUP BY e.company_id, e.file_id
