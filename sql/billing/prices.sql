-- Prices of every company and of those of the transaction: price_id, fee_id, company_code, tier, step_from, valid_from,
-- valid_to, amount_cents, vendor_cents, commissionable_cents.
SELECT price_id, fee_id, company_code, tier, step_from, valid_from, valid_to, amount_cents, vendor_cents,
  commissionable_cents
FROM master.price
WHERE company_code = '' OR company_code IN (
  SELECT code FROM master.company WHERE company_id = ANY ({companies}::int[]))
ORDER BY price_id
