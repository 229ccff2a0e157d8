-- Takes the staged rows out of master.hold: nothing.
DELETE FROM master.hold t USING {staged} s
WHERE t.company_id = s.company_id AND t.subscription_id = s.subscription_id AND t.from_date = s.from_date
