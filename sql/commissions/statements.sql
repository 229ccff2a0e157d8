-- Commission per agent up to the business date, split at the book's last commission run before it:
-- agent, name, since (last run, null for the first), opening_cents, accrued_cents, reversed_cents (positive).
WITH last AS (
  SELECT max(r.business_date) AS since FROM reports.report r JOIN master.book b USING (book_id)
  WHERE b.code = {book} AND r.name = {report} AND r.business_date < {business_date}::date)
SELECT g.code AS agent, g.name, (SELECT since FROM last) AS since,
  coalesce(sum(a.amount_cents) FILTER (WHERE a.business_date <= l.since), 0)::bigint AS opening_cents,
  coalesce(sum(a.amount_cents) FILTER (WHERE (l.since IS NULL OR a.business_date > l.since) AND a.amount_cents > 0), 0)::bigint
    AS accrued_cents,
  coalesce(-sum(a.amount_cents) FILTER (WHERE (l.since IS NULL OR a.business_date > l.since) AND a.amount_cents < 0), 0)::bigint
    AS reversed_cents
FROM commissions.accrual a JOIN master.agent g USING (agent_id) CROSS JOIN last l
WHERE a.business_date <= {business_date}::date
GROUP BY g.code, g.name, l.since
ORDER BY g.code
