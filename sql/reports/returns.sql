-- Returns booked since the book's night before, by code: code, entries, amount_cents (drafts that came back; payments of
-- ours that did count below zero), retries (planned); of them after the money had settled: late, late_cents.
WITH night AS (
  SELECT coalesce((SELECT max(business_date) FROM audit.run WHERE job = 'night' AND book_code = {book}
    AND business_date < {business_date}::date), '-infinity') AS before)
SELECT r.code, count(*) AS entries, sum(e.signed_cents)::bigint AS amount_cents, count(r.retry_on) AS retries,
  count(*) FILTER (WHERE r.after_settlement) AS late,
  coalesce(sum(e.signed_cents) FILTER (WHERE r.after_settlement), 0)::bigint AS late_cents
FROM returns.returned r JOIN payments.ach_entry e USING (company_id, entry_id), night n
WHERE r.business_date > n.before AND r.business_date <= {business_date}::date
GROUP BY r.code ORDER BY sum(e.signed_cents) DESC, r.code
