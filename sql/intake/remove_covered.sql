-- Takes the staged rows out of master.covered: nothing.
DELETE FROM master.covered t USING {staged} s
WHERE t.company_id = s.company_id AND t.subscription_id = s.subscription_id AND t.person_id = s.person_id
