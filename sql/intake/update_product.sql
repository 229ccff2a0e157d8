-- Brings rows of master.product up to date with the staged ones: nothing.
UPDATE master.product t SET name = s.name, vendor_id = s.vendor_id, line = s.line, plan_code = s.plan_code, proration
  = s.proration, trial_days = s.trial_days
FROM {staged} s WHERE t.product_id = s.product_id
