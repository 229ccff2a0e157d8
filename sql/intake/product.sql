-- All products, whole.
SELECT product_id, code, name, vendor_id, line, plan_code, proration, trial_days, billed, family, bill_ahead_days,
  trial_billed, stub_counts, enrollment_again, age_on, retro_add_days, retro_term_days, dunning
FROM master.product
