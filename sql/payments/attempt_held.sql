-- Invoices whose subscriptions are all on payment hold at the business date, each to be charged and not drafted: company_id, invoice_id.
WITH held AS MATERIALIZED (
  SELECT company_id, subscription_id FROM billing.on_payment_hold({business_date}::date)
), touched AS (
  SELECT DISTINCT l.company_id, l.invoice_id FROM held JOIN billing.line l USING (company_id, subscription_id)
)
SELECT t.company_id, t.invoice_id FROM touched t
WHERE NOT EXISTS (
  SELECT FROM billing.line l LEFT JOIN held h USING (company_id, subscription_id)
  WHERE l.company_id = t.company_id AND l.invoice_id = t.invoice_id AND h.subscription_id IS NULL)
ORDER BY t.company_id, t.invoice_id
