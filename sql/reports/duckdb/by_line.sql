-- DuckDB: billed by product line, biggest first: label (834 insurance line, '' where not insured), lines, amount_cents.
SELECT coalesce(c.line, '') AS label, count(*) AS lines, sum(l.amount_cents)::BIGINT AS amount_cents
FROM lines l LEFT JOIN catalogue c USING (fee_id) GROUP BY 1 ORDER BY 3 DESC, 1
