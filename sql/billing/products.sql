-- All products with what billing needs of them: product_id, product_code, proration, trial_days, billed, family,
-- bill_ahead_days, trial_billed, stub_counts, enrollment_again, age_on, retro_add_days, retro_term_days.
SELECT product_id, code AS product_code, proration, trial_days, billed, family, bill_ahead_days, trial_billed,
  stub_counts, enrollment_again, age_on, retro_add_days, retro_term_days
FROM master.product ORDER BY product_id
