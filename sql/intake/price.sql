-- All prices, whole: amounts in cents, percent as text.
SELECT price_id, fee_id, company_code, member_code, group_code, agent_code, tier, age_from, age_to, step_from, valid_from,
  valid_to, amount_cents, vendor_cents, commissionable_cents, percent::text AS percent
FROM master.price
