-- Returns booked since the book's night before, by code: code, entries, amount_cents, retries (planned); of
-- them after the money had been counted as ours: late, late_cents.
WITH night AS (
  SELECT coalesce((SELECT max(business_date) FROM audit.run WHERE job = 'night' AND book_code = {book}
    AND business_date < {business_date}::date), '-infinity') AS before)
SELECT r.code, count(*) AS entries, sum(r.amount_cents)::bigint AS amount_cents, count(r.retry_on) AS retries,
  count(*) FILTER (WHERE r.after_settlement) AS late,
  coalesce(sum(r.amount_cents) FILTER (WHERE r.after_settlement), 0)::bigint AS late_cents
FROM returns.returned r, night n WHERE r.business_date > n.before AND r.business_date <= {business_date}::date
GROUP BY r.code ORDER BY sum(r.amount_cents) DESC, r.code
