-- Takes the staged rows out of master.split: nothing.
DELETE FROM master.split t USING {staged} s
WHERE t.company_id = s.company_id AND t.subscription_id = s.subscription_id AND t.agent_code = s.agent_code
