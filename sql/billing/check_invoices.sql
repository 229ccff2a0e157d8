-- Invoices of this night whose total is not the sum of their lines: failure.
SELECT format('invoice %s of company %s is %s cents, its lines are %s', i.invoice_id, i.company_id, i.total_cents,
  coalesce(sum(l.amount_cents), 0)) AS failure
FROM billing.invoice i LEFT JOIN billing.line l USING (company_id, invoice_id)
WHERE i.bill_date = {business_date}::date
GROUP BY i.company_id, i.invoice_id, i.total_cents
HAVING i.total_cents <> coalesce(sum(l.amount_cents), 0)
ORDER BY i.company_id, i.invoice_id
