-- Of some subscriptions what misfits finds of all: without a scan of everybody's dependents.
SELECT s.company_id, s.subscription_id, d.spouses, d.children
FROM unnest({of_companies}::int[], {keys}::int[]) AS w (company_id, subscription_id)
JOIN master.subscription s USING (company_id, subscription_id)
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE p.relationship = 'spouse') AS spouses,
    count(*) FILTER (WHERE p.relationship = 'child') AS children
  FROM master.covered c JOIN master.person p ON p.company_id = c.company_id AND p.person_id = c.person_id
  WHERE c.company_id = s.company_id AND c.subscription_id = s.subscription_id
) d
WHERE s.tier IN ('ESP', 'ECH', 'FAM') AND ((s.tier = 'ECH') = (d.spouses > 0) OR (s.tier = 'ESP') = (d.children > 0))
