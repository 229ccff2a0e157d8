-- All ladders' steps, whole.
SELECT ladder, state, valid_from, step, after_months, after_days, action, template, least_cents, needs_consent, keep_months,
  reinstate_days
FROM master.dunning_step
