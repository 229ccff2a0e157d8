-- Brings rows of master.agent up to date with the staged ones: nothing.
UPDATE master.agent t SET name = s.name, parent_code = s.parent_code, level = s.level
FROM {staged} s WHERE t.agent_id = s.agent_id
