-- Subscriptions that an agent sold: company_id, subscription_id, code, product_code, start_date, agent_code.
SELECT s.company_id, s.subscription_id, s.code, p.code AS product_code, s.start_date, s.agent_code
FROM master.subscription s JOIN master.product p USING (product_id)
WHERE s.agent_code <> ''
