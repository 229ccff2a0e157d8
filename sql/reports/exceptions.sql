-- What partners' files said that matched nothing, since the book's night before (of the house: a bank's file may hold
-- several companies): partner, file_name, sha256, position, kind, detail, amount_cents, business_date.
WITH night AS (
  SELECT coalesce((SELECT max(business_date) FROM audit.run WHERE job = 'night' AND book_code = {book}
    AND business_date < {business_date}::date), '-infinity') AS before)
SELECT i.partner, i.name AS file_name, encode(x.sha256, 'hex') AS sha256, x.position, x.kind, x.detail, x.amount_cents,
  x.business_date
FROM exchange.exception x LEFT JOIN exchange.inbound i USING (sha256), night n
WHERE x.business_date > n.before AND x.business_date <= {business_date}::date
ORDER BY x.business_date, x.sha256, x.position, x.kind
