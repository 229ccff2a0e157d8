-- Of some subscriptions what misfits finds of all: without a scan of everybody's dependents (hence OFFSET).
SELECT s.company_id, s.subscription_id, d.spouses, d.children
FROM unnest({of_companies}::int[], {keys}::int[]) AS w (company_id, subscription_id)
CROSS JOIN LATERAL (
  SELECT s.company_id, s.subscription_id, s.tier FROM master.subscription s
  WHERE s.company_id = w.company_id AND s.subscription_id = w.subscription_id OFFSET 0) s
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE p.relationship = 'spouse') AS spouses,
    count(*) FILTER (WHERE p.relationship = 'child') AS children,
    count(*) FILTER (WHERE p.relationship = 'spouse' AND c.end_date IS NULL) AS lasting_spouses,
    count(*) FILTER (WHERE p.relationship = 'child' AND c.end_date IS NULL) AS lasting_children
  FROM master.covered c JOIN master.person p ON p.company_id = c.company_id AND p.person_id = c.person_id
  WHERE c.company_id = s.company_id AND c.subscription_id = s.subscription_id
) d
WHERE s.tier IN ('ESP', 'ECH', 'FAM') AND ((s.tier = 'ECH') = (d.spouses > 0) OR (s.tier = 'ESP') = (d.children > 0))
  AND ((s.tier = 'ECH') = (d.lasting_spouses > 0) OR (s.tier = 'ESP') = (d.lasting_children > 0))
