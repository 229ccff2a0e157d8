-- DuckDB: the night's invoices: company, invoice_id, invoice_kind, bill_date, due_date, lines, amount_cents.
SELECT company, invoice_id, any_value(invoice_kind) AS invoice_kind, any_value(bill_date) AS bill_date,
  any_value(due_date) AS due_date, count(*) AS lines, sum(amount_cents)::BIGINT AS amount_cents
FROM lines GROUP BY company, invoice_id ORDER BY company, invoice_id
