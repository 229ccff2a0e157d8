-- The lines of list bills up to the business date, summed: company_id, invoice_id, kind, amount_cents.
SELECT l.company_id, l.invoice_id, l.kind, sum(l.amount_cents)::bigint AS amount_cents
FROM billing.invoice i JOIN billing.line l USING (company_id, invoice_id)
WHERE i.kind = 'list_bill' AND i.bill_date <= {business_date}::date
GROUP BY 1, 2, 3
