-- Invoice lines of the night: company, invoice_id, invoice_kind, bill_date, due_date, subscription, fee_id, kind,
-- coverage_start, coverage_end, revision, amount_cents, vendor_cents, cause.
SELECT c.code AS company, i.invoice_id, i.kind AS invoice_kind, i.bill_date, i.due_date, s.code AS subscription,
  l.fee_id, l.kind, l.coverage_start, l.coverage_end, l.revision, l.amount_cents, l.vendor_cents, l.cause, l.line_id
FROM billing.invoice i
JOIN billing.line l USING (company_id, invoice_id)
JOIN master.company c USING (company_id)
LEFT JOIN master.subscription s USING (company_id, subscription_id)
WHERE i.bill_date = {business_date}::date
