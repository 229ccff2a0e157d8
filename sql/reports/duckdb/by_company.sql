-- DuckDB: billed by company: company, invoices, lines, amount_cents.
SELECT company, count(DISTINCT invoice_id) AS invoices, count(*) AS lines, sum(amount_cents)::BIGINT AS amount_cents
FROM lines GROUP BY company ORDER BY company
