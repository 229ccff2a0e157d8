-- Subscriptions of this code, of one company or of any: company_id, company, subscription_id, subscription, person_id,
-- member, product, tier, created_on, start_date, recurring_from, end_date, bill_day, method, agent_code, group_code,
-- proration, trial_days, go_live, bill_ahead_days.
SELECT s.company_id, c.code AS company, s.subscription_id, s.code AS subscription, s.person_id, m.code AS member,
  p.code AS product, s.tier, s.created_on, s.start_date, s.recurring_from, s.end_date, s.bill_day, s.method, s.agent_code,
  s.group_code, p.proration, p.trial_days, c.go_live, coalesce(p.bill_ahead_days, c.bill_lead_days) AS bill_ahead_days
FROM master.subscription s
JOIN master.company c USING (company_id)
JOIN master.person m USING (company_id, person_id)
JOIN master.product p USING (product_id)
WHERE s.code = {code} AND ({company} = '' OR c.code = {company})
ORDER BY c.code COLLATE "C"
