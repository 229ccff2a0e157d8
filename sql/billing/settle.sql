-- Write down that everything is booked as of the business date, and forget what was touched before the snapshot.
WITH seen AS (
  DELETE FROM billing.touched
  WHERE company_id = ANY ({of_companies}::int[]) AND pg_visible_in_snapshot(changed_in, {snapshot}::pg_snapshot)
)
INSERT INTO billing.settled (company_id, product_id, business_date, digest)
SELECT n.company_id, n.product_id, {business_date}::date, n.digest
FROM unnest({of_companies}::int[], {of_products}::int[], {digests}::text[]) AS n (company_id, product_id, digest)
ON CONFLICT (company_id, product_id) DO UPDATE SET business_date = EXCLUDED.business_date, digest = EXCLUDED.digest
