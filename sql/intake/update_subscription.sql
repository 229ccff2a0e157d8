-- Brings rows of master.subscription up to date with the staged ones: nothing.
UPDATE master.subscription t SET person_id = s.person_id, product_id = s.product_id, tier = s.tier, start_date =
  s.start_date, end_date = s.end_date, bill_day = s.bill_day, method = s.method, account_code = s.account_code,
  agent_code = s.agent_code, created_on = s.created_on, recurring_from = s.recurring_from, group_code = s.group_code
FROM {staged} s WHERE t.company_id = s.company_id AND t.subscription_id = s.subscription_id
