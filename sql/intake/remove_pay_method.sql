-- Takes the staged rows out of master.pay_method: nothing.
DELETE FROM master.pay_method t USING {staged} s
WHERE t.company_id = s.company_id AND t.person_id = s.person_id AND t.part = s.part
