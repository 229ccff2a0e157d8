-- Every agent: agent_id, code, parent_code, level.
SELECT agent_id, code, parent_code, level FROM master.agent ORDER BY code
