-- Insured subscriptions that may be in a vendor's view: company_id, subscription_id, head_id, vendor_id, line, plan_code,
-- tier, start_date, end_date.
SELECT s.company_id, s.subscription_id, s.person_id AS head_id, p.vendor_id, p.line, p.plan_code, s.tier,
  s.start_date, s.end_date
FROM master.subscription s JOIN master.product p USING (product_id)
WHERE p.line <> '' AND s.start_date <= {business_date}::date + {ahead}::int
  AND (s.end_date IS NULL OR s.end_date >= {business_date}::date - {behind}::int)
