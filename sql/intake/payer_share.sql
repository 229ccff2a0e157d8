-- Who pays which part: company_id, subscription_id, valid_from, part, payer, person_id, fee_id, percent (text),
-- amount_cents.
SELECT company_id, subscription_id, valid_from, part, payer, person_id, fee_id, percent::text AS percent, amount_cents
FROM master.payer_share
