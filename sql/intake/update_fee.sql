-- Brings rows of master.fee up to date with the staged ones: nothing.
UPDATE master.fee t SET kind = s.kind, recurrence = s.recurrence, alignment = s.alignment
FROM {staged} s WHERE t.fee_id = s.fee_id
