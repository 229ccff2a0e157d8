-- Subscriptions the night has to look at, ended ones too (a back-dated end is a correction), with the other plans of the
-- same family: company_id, subscription_id, code, person_id, product_id, tier, created_on, start_date, recurring_from,
-- end_date, bill_day, method, agent_code, group_code, settled_to (coverage that starts earlier is settled; null: none).
-- Asked for per company and product, with the first and last coverage start that may be new: settled_to (null: look at
-- all), until, trial_days, own_days and customer_days (bill days on which a period may begin, a bit each).
WITH asked AS (
  SELECT * FROM unnest({of_companies}::int[], {of_products}::int[], {settled_to}::date[], {until}::date[],
    {settled_on}::date[], {trial_days}::int[], {own_days}::bigint[], {customer_days}::bigint[], {in_family}::bool[])
    AS a (company_id, product_id, settled_to, until, settled_on, trial_days, own_days, customer_days, in_family)
), customer AS (
  SELECT company_id, person_id, bill_day FROM master.person
  WHERE bill_day IS NOT NULL AND EXISTS (SELECT FROM master.fee WHERE alignment = 'customer')
), anew AS (  -- people: changed or quarantined
  SELECT company_id, person_id FROM billing.touched WHERE person_id IS NOT NULL
  UNION
  SELECT s.company_id, s.person_id FROM (SELECT DISTINCT company_id, subscription_id FROM billing.touched
                                         WHERE subscription_id IS NOT NULL) t
  CROSS JOIN LATERAL (SELECT s.company_id, s.person_id FROM master.subscription s
                      WHERE s.company_id = t.company_id AND s.subscription_id = t.subscription_id OFFSET 0) s
  UNION
  SELECT s.company_id, s.person_id FROM audit.quarantine q
  JOIN master.subscription s ON s.company_id = q.company_id AND s.code = substr(q.subject, length('subscription ') + 1)
  WHERE q.step = 'billing.charges' AND q.subject LIKE 'subscription %'
), changer AS (  -- people with several plans: one plan's terms follow from the one before
  SELECT s.company_id, s.person_id FROM master.subscription s JOIN asked a USING (company_id, product_id)
  WHERE a.in_family GROUP BY 1, 2 HAVING count(*) > 1
)
SELECT s.company_id, s.subscription_id, s.code, s.person_id, s.product_id, s.tier, s.created_on, s.start_date,
  s.recurring_from, s.end_date, s.bill_day, s.method, s.agent_code, s.group_code,
  -- One entered since is new altogether, however far back it starts.
  CASE WHEN n.person_id IS NULL AND (s.created_on > a.settled_on) IS NOT TRUE THEN a.settled_to END AS settled_to
FROM master.subscription s JOIN asked a USING (company_id, product_id)
LEFT JOIN anew n USING (company_id, person_id)
LEFT JOIN customer c USING (company_id, person_id)
LEFT JOIN changer h ON h.company_id = s.company_id AND h.person_id = s.person_id AND a.in_family
WHERE a.settled_to IS NULL OR n.person_id IS NOT NULL OR h.person_id IS NOT NULL
  OR (a.settled_to <= a.until AND (
    (a.own_days >> s.bill_day) & 1 = 1
    OR (a.customer_days >> coalesce(c.bill_day, 0)) & 1 = 1
    OR s.start_date BETWEEN a.settled_to - a.trial_days AND a.until
    OR s.recurring_from BETWEEN a.settled_to AND a.until
    OR s.created_on > a.settled_on))
