-- DuckDB: billed by the vendor of the product, biggest first: label, lines, amount_cents.
SELECT coalesce(c.vendor_name, '') AS label, count(*) AS lines, sum(l.amount_cents)::BIGINT AS amount_cents
FROM lines l LEFT JOIN catalogue c USING (fee_id) GROUP BY 1 ORDER BY 3 DESC, 1
