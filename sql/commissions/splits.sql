-- Shares of the writing agent's part, in ten-thousandths of a percent: company_id, subscription_id, agent_code, share_e4.
SELECT company_id, subscription_id, agent_code, (percent * 10000)::bigint AS share_e4 FROM master.split
