-- Reports of the night whose registered total is not the ledger's, and reports that are missing: failure.
WITH book AS (
       SELECT DISTINCT book_id FROM master.company WHERE company_id = ANY ({companies}::int[])),
     moved AS (
       SELECT p.account, sum(p.amount_cents) AS closing,
         coalesce(sum(p.amount_cents) FILTER (WHERE j.event = 'charged' AND j.business_date = {business_date}::date), 0) AS charged
       FROM ledger.journal j JOIN ledger.posting p USING (company_id, journal_id)
       WHERE j.business_date <= {business_date}::date GROUP BY p.account),
     expected AS (
       SELECT x.name, x.cents FROM (
         SELECT coalesce(sum(charged) FILTER (WHERE account = 1100), 0) AS charged,
           coalesce(sum(closing) FILTER (WHERE closing > 0), 0) AS debits FROM moved) AS m
       CROSS JOIN LATERAL (VALUES ('register.csv', m.charged), ('register.xlsx', m.charged),
         ('trial_balance.csv', m.debits), ('nightly.html', m.charged), ('manifest.json', m.charged)) AS x (name, cents)),
     latest AS (
       SELECT DISTINCT ON (book_id, name) book_id, name, total_cents FROM reports.report
       WHERE business_date = {business_date}::date AND book_id IN (SELECT book_id FROM book)
       ORDER BY book_id, name, run_no DESC, booked_at DESC)
SELECT CASE WHEN l.name IS NULL THEN format('%s was not made', e.name)
  ELSE format('%s says %s cents, the ledger %s', e.name, l.total_cents, e.cents) END AS failure
FROM book b CROSS JOIN expected e LEFT JOIN latest l ON l.book_id = b.book_id AND l.name = e.name
WHERE l.total_cents IS DISTINCT FROM e.cents
ORDER BY e.name
