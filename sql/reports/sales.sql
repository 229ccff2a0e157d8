-- Billed by month of the bill date, company, product and writing agent, over the thirteen months up to the night, memos
-- apart: month, company, product, agent ('' sold direct), subscriptions, lines, amount_cents, vendor_cost_cents,
-- commissionable_cents. A month's sum is what its nights charged to the receivable account.
SELECT date_trunc('month', i.bill_date)::date AS month, c.code AS company, p.code AS product, s.agent_code AS agent,
  count(DISTINCT l.subscription_id) AS subscriptions, count(*) AS lines, sum(l.amount_cents)::bigint AS amount_cents,
  sum(l.vendor_cents)::bigint AS vendor_cost_cents, sum(l.commissionable_cents)::bigint AS commissionable_cents
FROM billing.invoice i
JOIN billing.line l USING (company_id, invoice_id)
JOIN master.subscription s USING (company_id, subscription_id)
JOIN master.fee f USING (fee_id)
JOIN master.product p ON p.product_id = f.product_id
JOIN master.company c USING (company_id)
WHERE l.revision >= 0 AND i.bill_date <= {business_date}::date
  AND i.bill_date >= date_trunc('month', {business_date}::date) - interval '12 months'
GROUP BY 1, 2, 3, 4
ORDER BY 1, c.code COLLATE "C", p.code COLLATE "C", s.agent_code COLLATE "C"
