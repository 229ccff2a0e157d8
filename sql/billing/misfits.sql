-- Subscriptions for more than the member whose covered dependents are not those of their tier, neither with those who
-- are to end or have ended nor without them: company_id, subscription_id, spouses, children.
SELECT s.company_id, s.subscription_id, coalesce(d.spouses, 0) AS spouses, coalesce(d.children, 0) AS children
FROM master.subscription s
LEFT JOIN (
  SELECT c.company_id, c.subscription_id, count(*) FILTER (WHERE p.relationship = 'spouse') AS spouses,
    count(*) FILTER (WHERE p.relationship = 'child') AS children,
    count(*) FILTER (WHERE p.relationship = 'spouse' AND c.end_date IS NULL) AS lasting_spouses,
    count(*) FILTER (WHERE p.relationship = 'child' AND c.end_date IS NULL) AS lasting_children
  FROM master.covered c JOIN master.person p ON p.company_id = c.company_id AND p.person_id = c.person_id
  GROUP BY c.company_id, c.subscription_id
) d ON d.company_id = s.company_id AND d.subscription_id = s.subscription_id
WHERE s.tier IN ('ESP', 'ECH', 'FAM')
  AND ((s.tier = 'ECH') = (coalesce(d.spouses, 0) > 0) OR (s.tier = 'ESP') = (coalesce(d.children, 0) > 0))
  AND ((s.tier = 'ECH') = (coalesce(d.lasting_spouses, 0) > 0) OR (s.tier = 'ESP') = (coalesce(d.lasting_children, 0) > 0))
