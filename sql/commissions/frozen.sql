-- Frozen paths: company_id, subscription_id, level, agent_id, percent_e4, share_e4 (ten-thousandths of a percent).
SELECT company_id, subscription_id, level, agent_id, (percent * 10000)::bigint AS percent_e4,
  (share * 10000)::bigint AS share_e4
FROM commissions.frozen_path
