-- Subscriptions of the transaction's companies, whole.
SELECT company_id, subscription_id, code, person_id, product_id, tier, start_date, end_date, bill_day, method,
  account_code, agent_code, created_on, recurring_from, group_code FROM master.subscription
