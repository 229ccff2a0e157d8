-- Changes beyond a vendor's retroactive limit that a person let go: company_id, partner, person_id, subscription_id,
-- effective_date.
SELECT company_id, partner, person_id, subscription_id, effective_date FROM enrollment.retro_release
WHERE business_date <= {business_date}::date
