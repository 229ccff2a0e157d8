-- What the last night settled, per company and product: company_id, product_id, digest (of the terms as they stand, with
-- the version of the rules), settled_on (null: never, or by other terms), latest (of the company, whatever the terms).
WITH price AS (
  SELECT f.product_id, x.company_code, md5(string_agg(x::text, '|' ORDER BY x.price_id)) AS terms
  FROM master.price x JOIN master.fee f USING (fee_id) GROUP BY 1, 2
), fee AS (
  SELECT product_id, md5(string_agg(f::text, '|' ORDER BY fee_id)) AS terms FROM master.fee f GROUP BY 1
), sub_group AS (
  SELECT company_id, md5(string_agg(g::text, '|' ORDER BY code)) AS terms FROM master.sub_group g GROUP BY 1
), now AS (
  SELECT c.company_id, p.product_id, md5(concat_ws('|', {rules}, c.code, c.bill_lead_days, c.go_live, c.bill_day, g.terms,
    p::text, f.terms, every.terms, own.terms)) AS digest
  FROM master.company c CROSS JOIN master.product p
  LEFT JOIN sub_group g ON g.company_id = c.company_id
  LEFT JOIN fee f ON f.product_id = p.product_id
  LEFT JOIN price every ON every.product_id = p.product_id AND every.company_code = ''
  LEFT JOIN price own ON own.product_id = p.product_id AND own.company_code = c.code
  WHERE c.company_id = ANY ({companies}::int[])
)
SELECT n.company_id, n.product_id, n.digest, CASE WHEN s.digest = n.digest THEN s.business_date END AS settled_on,
  max(s.business_date) OVER (PARTITION BY n.company_id) AS latest
FROM now n LEFT JOIN billing.settled s USING (company_id, product_id)
ORDER BY n.company_id, n.product_id
