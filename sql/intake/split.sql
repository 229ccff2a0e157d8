-- Splits: company_id, subscription_id, agent_code, percent (text).
SELECT company_id, subscription_id, agent_code, percent::text AS percent FROM master.split
