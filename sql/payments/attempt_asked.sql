-- Write down that of each company's invoices up to one all are asked for or paid but those that wait; returns nothing.
INSERT INTO payments.asked (company_id, upto, waiting)
SELECT n.company_id, n.upto, ARRAY(
  SELECT w.invoice_id FROM unnest({waiting_of}::int[], {waiting}::bigint[]) AS w (company_id, invoice_id)
  WHERE w.company_id = n.company_id ORDER BY w.invoice_id)
FROM unnest({of_companies}::int[], {uptos}::bigint[]) AS n (company_id, upto)
ON CONFLICT (company_id) DO UPDATE SET upto = EXCLUDED.upto, waiting = EXCLUDED.waiting
  WHERE (asked.upto, asked.waiting) IS DISTINCT FROM (EXCLUDED.upto, EXCLUDED.waiting)
