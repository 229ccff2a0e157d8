-- Takes the staged rows out of master.sub_group: nothing.
DELETE FROM master.sub_group t USING {staged} s
WHERE t.company_id = s.company_id AND t.code = s.code
