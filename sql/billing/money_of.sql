-- Money of some payers before the business date by the invoice it came for: company_id, payer, group_code, invoice_id,
-- amount_cents. Credits that moved between a payer's invoices are no money.
WITH mine AS (
  SELECT i.company_id, i.invoice_id, w.payer, w.group_code
  FROM unnest({of_company_id}::int[], {of_payer}::int[], {of_group_code}::text[]) AS w (company_id, payer, group_code)
  JOIN billing.invoice i ON i.company_id = w.company_id AND coalesce(i.person_id, 0) = w.payer AND i.group_code = w.group_code
)
SELECT m.company_id, m.payer, m.group_code, m.invoice_id, sum(x.cents)::bigint AS amount_cents
FROM mine m JOIN (
  SELECT company_id, invoice_id, -owed_cents AS cents, business_date FROM payments.invoice_move WHERE owed_cents <> 0
  UNION ALL
  SELECT company_id, to_invoice, -amount_cents, business_date FROM payments.credit_use
  UNION ALL
  SELECT company_id, from_invoice, amount_cents, business_date FROM payments.credit_use
) x ON x.company_id = m.company_id AND x.invoice_id = m.invoice_id
WHERE x.business_date < {business_date}::date
GROUP BY 1, 2, 3, 4 HAVING sum(x.cents) <> 0
ORDER BY 1, 4
