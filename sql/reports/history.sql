-- Billed and settled on each of the thirty days up to the night, from the ledger: day, billed_cents, settled_cents.
SELECT d::date AS day,
  coalesce(sum(p.amount_cents) FILTER (WHERE j.event = 'charged' AND p.account = 1100), 0)::bigint AS billed_cents,
  coalesce(sum(p.amount_cents) FILTER (WHERE j.event = 'settled' AND p.account = 1000), 0)::bigint AS settled_cents
FROM generate_series({business_date}::date - 29, {business_date}::date, interval '1 day') AS d
LEFT JOIN ledger.journal j ON j.business_date = d::date AND j.event IN ('charged', 'settled')
LEFT JOIN ledger.posting p USING (company_id, journal_id)
GROUP BY d ORDER BY d
