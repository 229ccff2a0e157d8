-- Brings rows of master.product up to date with the staged ones: nothing.
UPDATE master.product t SET name = s.name, vendor_id = s.vendor_id, line = s.line, plan_code = s.plan_code, proration
  = s.proration, trial_days = s.trial_days, billed = s.billed, family = s.family, bill_ahead_days = s.bill_ahead_days,
  trial_billed = s.trial_billed, stub_counts = s.stub_counts, enrollment_again = s.enrollment_again, age_on = s.age_on,
  retro_add_days = s.retro_add_days, retro_term_days = s.retro_term_days, dunning = s.dunning
FROM {staged} s WHERE t.product_id = s.product_id
