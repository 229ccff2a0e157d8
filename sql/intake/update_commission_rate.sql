-- Brings rows of master.commission_rate up to date with the staged ones: nothing.
UPDATE master.commission_rate t SET percent = s.percent::numeric
FROM {staged} s WHERE t.rate_id = s.rate_id
