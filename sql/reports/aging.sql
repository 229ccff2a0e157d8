-- What invoices still owe as of the night by days past due, all together the receivable account: bucket, invoices,
-- open_cents. Buckets: 0 not yet due, 1 to 30, 31 to 60, 61 to 90, 91 over 90, -1 credits not used.
WITH open AS (
       SELECT company_id, invoice_id, sum(cents) AS cents FROM (
         SELECT l.company_id, l.invoice_id, l.amount_cents AS cents
         FROM billing.line l JOIN billing.invoice i USING (company_id, invoice_id)
         WHERE i.bill_date <= {business_date}::date
         UNION ALL
         SELECT company_id, invoice_id, owed_cents FROM payments.invoice_move
         WHERE owed_cents <> 0 AND business_date <= {business_date}::date) AS moved
       GROUP BY company_id, invoice_id HAVING sum(cents) <> 0),
     aged AS (
       SELECT o.cents, CASE WHEN o.cents < 0 THEN -1
         WHEN i.due_date >= {business_date}::date THEN 0
         WHEN i.due_date >= {business_date}::date - 30 THEN 1
         WHEN i.due_date >= {business_date}::date - 60 THEN 31
         WHEN i.due_date >= {business_date}::date - 90 THEN 61
         ELSE 91 END AS bucket
       FROM open o JOIN billing.invoice i USING (company_id, invoice_id))
SELECT b.bucket, count(a.cents) AS invoices, coalesce(sum(a.cents), 0)::bigint AS open_cents
FROM unnest(ARRAY[0, 1, 31, 61, 91, -1]) WITH ORDINALITY AS b (bucket, place) LEFT JOIN aged a USING (bucket)
GROUP BY b.bucket, b.place ORDER BY b.place
