-- All agents: agent_id, code, name, parent_code, level.
SELECT agent_id, code, name, parent_code, level FROM master.agent
