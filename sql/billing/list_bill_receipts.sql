-- Money on list bills up to the business date, returned money below zero: company_id, group_code, received_on,
-- amount_cents. Settled drafts and refunds; credits that went from one group's bill to another's.
SELECT i.company_id, i.group_code, m.received_on, sum(m.cents)::bigint AS amount_cents
FROM (
  SELECT e.company_id, e.invoice_id, t.business_date AS received_on, t.amount_cents AS cents
  FROM banking.settlement t JOIN payments.invoice_entry e USING (company_id, entry_id)
  UNION ALL
  SELECT e.company_id, e.invoice_id, r.business_date, -e.signed_cents
  FROM returns.returned r JOIN payments.invoice_entry e USING (company_id, entry_id) WHERE r.after_settlement
  UNION ALL
  SELECT company_id, to_invoice, business_date, amount_cents FROM payments.credit_use
  UNION ALL
  SELECT company_id, from_invoice, business_date, -amount_cents FROM payments.credit_use
) m JOIN billing.invoice i ON i.company_id = m.company_id AND i.invoice_id = m.invoice_id
WHERE i.kind = 'list_bill' AND m.received_on <= {business_date}::date
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
