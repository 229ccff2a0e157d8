-- All ladders: ladder, state, step, after_months, after_days, action, template, least_cents, needs_consent, reinstate_days,
-- keep_months, valid_from.
SELECT ladder, state, step, after_months, after_days, action, template, least_cents, needs_consent, reinstate_days,
  keep_months, valid_from
FROM master.dunning_step ORDER BY ladder, state, valid_from, step
