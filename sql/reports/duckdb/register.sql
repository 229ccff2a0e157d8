-- DuckDB: the billing register, one row per line: `lines` with what each fee belongs to, in the order of the invoices.
SELECT l.company, l.invoice_id, l.invoice_kind, l.bill_date, l.due_date, l.subscription, c.product, c.product_name,
  c.line, c.vendor, c.fee, c.fee_kind, l.kind, l.coverage_start, l.coverage_end, l.revision, l.amount_cents,
  l.vendor_cents AS vendor_cost_cents, l.cause
FROM lines l LEFT JOIN catalogue c USING (fee_id)
ORDER BY l.company, l.invoice_id, l.line_id
