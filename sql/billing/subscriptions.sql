-- Every subscription, ended ones too (a back-dated end is a correction): company_id, subscription_id, code, person_id,
-- product_id, tier, created_on, start_date, recurring_from, end_date, bill_day, method, agent_code, group_code,
-- settled_to.
SELECT company_id, subscription_id, code, person_id, product_id, tier, created_on, start_date, recurring_from, end_date,
  bill_day, method, agent_code, group_code, NULL::date AS settled_to
FROM master.subscription
