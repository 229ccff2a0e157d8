-- Lines of invoices whose funding was booked since this step last appended for the company (less a day, for transactions
-- that overlapped) or is of a later business date than it looked at then (a night made up for leaves it to the next), and
-- of subscriptions it has quarantined, with their funding as of the business date: company_id,
-- line_id, subscription_id, product_id, vendor_id, vendor_cents, commissionable_cents, total_cents, funded_cents.
-- Credits, and their use, count from the day after: the night that books them does so after this step, and a night that
-- is run again must find the same.
-- Every join is by equality on whole sets: without statistics a plan of nested loops would never end.
WITH mark AS (
  SELECT c AS company_id, coalesce(max(s.booked_at) - interval '1 day', '-infinity') AS since,
    coalesce((array_agg(s.business_date ORDER BY s.booked_at DESC))[1], '-infinity') AS looked_to
  FROM unnest({companies}::int[]) c LEFT JOIN audit.step s ON s.company_id = c AND s.step = {step}
  GROUP BY c
), funded AS (
  SELECT m.company_id, m.invoice_id, bool_or(m.booked_at > k.since OR m.business_date >= k.looked_to) AS fresh,
    coalesce(sum(m.funded_cents) FILTER (WHERE m.business_date < {business_date}::date
      OR (m.business_date = {business_date}::date AND NOT (m.funded_cents > 0 AND m.owed_cents <> 0))), 0) AS cents
  FROM payments.invoice_move m JOIN mark k USING (company_id)
  WHERE m.funded_cents <> 0
  GROUP BY 1, 2
), waiting AS (
  SELECT DISTINCT l.company_id, l.invoice_id FROM audit.quarantine q
  JOIN master.subscription s ON s.company_id = q.company_id AND s.code = substr(q.subject, length('subscription ') + 1)
  JOIN billing.line l ON l.company_id = s.company_id AND l.subscription_id = s.subscription_id
  WHERE q.step = {step} AND q.subject LIKE 'subscription %'
)
SELECT l.company_id, l.line_id, l.subscription_id, p.product_id, p.vendor_id, l.vendor_cents, l.commissionable_cents,
  i.total_cents, (CASE WHEN i.total_cents <= 0 THEN i.total_cents
    ELSE least(greatest(coalesce(f.cents, 0), 0), i.total_cents) END)::bigint AS funded_cents
FROM billing.invoice i
JOIN mark k USING (company_id)
LEFT JOIN funded f USING (company_id, invoice_id)
LEFT JOIN waiting w USING (company_id, invoice_id)
JOIN billing.line l USING (company_id, invoice_id)
JOIN master.fee e USING (fee_id) JOIN master.product p USING (product_id)
WHERE (i.bill_date < {business_date}::date OR (i.total_cents > 0 AND i.bill_date = {business_date}::date))
  AND (f.fresh OR w.invoice_id IS NOT NULL OR (i.total_cents <= 0 AND (i.booked_at > k.since OR i.bill_date >= k.looked_to)))
ORDER BY l.company_id, l.line_id
