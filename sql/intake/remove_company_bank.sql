-- Takes the staged rows out of master.company_bank: nothing.
DELETE FROM master.company_bank t USING {staged} s
WHERE t.company_id = s.company_id AND t.bank = s.bank
