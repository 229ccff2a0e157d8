-- Lines of the invoices of this business date, memos apart: company_id, subscription_id, fee_id, coverage_start, part, debtor,
-- coverage_end, revision, kind, amount_cents, vendor_cents, commissionable_cents, price_id, cause.
SELECT l.company_id, l.subscription_id, l.fee_id, l.coverage_start, l.part, l.debtor, l.coverage_end, l.revision,
  l.kind, l.amount_cents, l.vendor_cents, l.commissionable_cents, l.price_id, l.cause
FROM billing.line l JOIN billing.invoice i USING (company_id, invoice_id)
WHERE i.bill_date = {business_date}::date AND i.sequence > 0
