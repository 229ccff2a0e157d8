-- Change notices booked since the book's night before, by code: code, entries, applied (made a new account version).
WITH night AS (
  SELECT coalesce((SELECT max(business_date) FROM audit.run WHERE job = 'night' AND book_code = {book}
    AND business_date < {business_date}::date), '-infinity') AS before)
SELECT r.code, count(*) AS entries, count(r.account_id) AS applied
FROM returns.notice r, night n WHERE r.business_date > n.before AND r.business_date <= {business_date}::date
GROUP BY r.code ORDER BY r.code
