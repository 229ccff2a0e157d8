-- All prices, amounts in cents.
SELECT price_id, fee_id, company_code, tier, step_from, valid_from, valid_to, amount_cents, vendor_cents,
  commissionable_cents FROM master.price
