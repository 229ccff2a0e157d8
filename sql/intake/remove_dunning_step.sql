-- Takes the staged rows out of master.dunning_step: nothing.
DELETE FROM master.dunning_step t USING {staged} s
WHERE t.ladder = s.ladder AND t.state = s.state AND t.valid_from = s.valid_from AND t.step = s.step
