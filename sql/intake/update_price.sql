-- Brings rows of master.price up to date with the staged ones: nothing.
UPDATE master.price t SET valid_to = s.valid_to, amount_cents = s.amount_cents, vendor_cents = s.vendor_cents,
  commissionable_cents = s.commissionable_cents, age_to = s.age_to, percent = s.percent::numeric
FROM {staged} s WHERE t.price_id = s.price_id
