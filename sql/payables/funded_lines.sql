-- Lines of invoices whose funding was booked since this step last appended for the company (less a day, for transactions
-- that overlapped), and of subscriptions it has quarantined, with their funding as of the business date: company_id,
-- line_id, subscription_id, product_id, vendor_id, vendor_cents, commissionable_cents, total_cents, funded_cents.
WITH mark AS (
  SELECT c AS company_id, (SELECT coalesce(max(s.booked_at) - interval '1 day', '-infinity') FROM audit.step s
    WHERE s.company_id = c AND s.step = {step}) AS since
  FROM unnest({companies}::int[]) c
), money AS (
  SELECT a.company_id, a.invoice_id, t.amount_cents, t.booked_at, t.business_date
  FROM banking.settlement t
  JOIN payments.ach_entry e ON e.company_id = t.company_id AND e.entry_id = t.entry_id AND e.purpose = 'premium'
  JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
  UNION ALL
  SELECT a.company_id, a.invoice_id, -r.amount_cents, r.booked_at, r.business_date
  FROM returns.returned r
  JOIN payments.ach_entry e ON e.company_id = r.company_id AND e.entry_id = r.entry_id AND e.purpose = 'premium'
  JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
  WHERE r.after_settlement
  UNION ALL
  SELECT company_id, to_invoice, amount_cents, booked_at, business_date FROM payments.credit_use
), touched AS (
  SELECT m.company_id, m.invoice_id FROM money m JOIN mark k USING (company_id) WHERE m.booked_at > k.since
  UNION
  SELECT i.company_id, i.invoice_id FROM billing.invoice i JOIN mark k USING (company_id)
  WHERE i.total_cents <= 0 AND i.booked_at > k.since AND i.bill_date <= {business_date}::date
  UNION
  SELECT l.company_id, l.invoice_id FROM audit.quarantine q
  JOIN master.subscription s ON s.company_id = q.company_id AND q.subject = 'subscription ' || s.code
  JOIN billing.line l ON l.company_id = s.company_id AND l.subscription_id = s.subscription_id
  WHERE q.step = {step}
), funded AS (
  SELECT t.company_id, t.invoice_id, coalesce(sum(m.amount_cents), 0) AS cents
  FROM touched t
  LEFT JOIN money m ON m.company_id = t.company_id AND m.invoice_id = t.invoice_id
    AND m.business_date <= {business_date}::date
  GROUP BY 1, 2
)
SELECT l.company_id, l.line_id, l.subscription_id, p.product_id, p.vendor_id, l.vendor_cents, l.commissionable_cents,
  i.total_cents, (CASE WHEN i.total_cents <= 0 THEN i.total_cents
    ELSE least(greatest(f.cents, 0), i.total_cents) END)::bigint AS funded_cents
FROM funded f
JOIN billing.invoice i USING (company_id, invoice_id)
JOIN billing.line l USING (company_id, invoice_id)
JOIN master.fee e USING (fee_id) JOIN master.product p USING (product_id)
WHERE i.bill_date <= {business_date}::date
ORDER BY l.company_id, l.line_id
