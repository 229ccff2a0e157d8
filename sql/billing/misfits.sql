-- Subscriptions for more than the member whose covered dependents are not those of their tier: company_id,
-- subscription_id, spouses, children.
SELECT s.company_id, s.subscription_id, coalesce(d.spouses, 0) AS spouses, coalesce(d.children, 0) AS children
FROM master.subscription s
LEFT JOIN (
  SELECT c.company_id, c.subscription_id, count(*) FILTER (WHERE p.relationship = 'spouse') AS spouses,
    count(*) FILTER (WHERE p.relationship = 'child') AS children
  FROM master.covered c JOIN master.person p ON p.company_id = c.company_id AND p.person_id = c.person_id
  GROUP BY c.company_id, c.subscription_id
) d ON d.company_id = s.company_id AND d.subscription_id = s.subscription_id
WHERE s.tier IN ('ESP', 'ECH', 'FAM')
  AND ((s.tier = 'ECH') = (coalesce(d.spouses, 0) > 0) OR (s.tier = 'ESP') = (coalesce(d.children, 0) > 0))
