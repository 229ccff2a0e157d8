-- Every subscription of some people, as if no night had settled anything; columns as in subscriptions.
SELECT s.company_id, s.subscription_id, s.code, s.person_id, s.product_id, s.tier, s.created_on, s.start_date,
  s.recurring_from, s.end_date, s.bill_day, s.method, s.agent_code, s.group_code, NULL::date AS settled_to
FROM master.subscription s
JOIN unnest({of_companies}::int[], {people}::int[]) AS w (company_id, person_id) USING (company_id, person_id)
ORDER BY s.company_id, s.subscription_id
