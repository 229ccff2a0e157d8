-- Prices of every company and of those of the transaction: price_id, fee_id, company_code, member_code, group_code,
-- agent_code, tier, age_from, age_to, step_from, valid_from, valid_to, amount_cents, vendor_cents, commissionable_cents,
-- rate (of the premium, in millionths; null: the amounts decide).
SELECT price_id, fee_id, company_code, member_code, group_code, agent_code, tier, age_from, age_to, step_from, valid_from,
  valid_to, amount_cents, vendor_cents, commissionable_cents, (percent * 10000)::bigint AS rate
FROM master.price
WHERE company_code = '' OR company_code IN (
  SELECT code FROM master.company WHERE company_id = ANY ({companies}::int[]))
ORDER BY price_id
