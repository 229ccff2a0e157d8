-- The last each vendor was told of a person under a subscription; what a file said that was rejected or void by the
-- business date was not heard:
-- company_id, partner, person_id, subscription_id, highest (version), heard, told_tier, coverage_start, coverage_end,
-- fingerprint, head_id, vendor_id, line, plan_code, sub_end.
WITH dead AS (
  SELECT DISTINCT company_id, file_id FROM exchange.event
  WHERE state IN ('rejected', 'void') AND business_date <= {business_date}::date
), versions AS (
  SELECT m.company_id, m.partner, m.person_id, m.subscription_id, m.version, m.tier, m.coverage_start, m.coverage_end,
    m.fingerprint, d.file_id IS NULL AS heard,
    max(m.version) OVER (PARTITION BY m.company_id, m.partner, m.person_id, m.subscription_id) AS highest
  FROM enrollment.member_state m LEFT JOIN dead d USING (company_id, file_id)
), last AS (
  SELECT DISTINCT ON (company_id, partner, person_id, subscription_id) * FROM versions
  ORDER BY company_id, partner, person_id, subscription_id, heard DESC, version DESC
)
SELECT l.company_id, l.partner, l.person_id, l.subscription_id, l.highest, l.heard, l.tier AS told_tier,
  l.coverage_start, l.coverage_end, l.fingerprint, s.person_id AS head_id, p.vendor_id, p.line, p.plan_code,
  s.end_date AS sub_end
FROM last l JOIN master.subscription s USING (company_id, subscription_id) JOIN master.product p USING (product_id)
