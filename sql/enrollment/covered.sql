-- Dependents under subscriptions: company_id, subscription_id, person_id, covered_until (first day not covered; null: as
-- the subscription ends).
SELECT company_id, subscription_id, person_id, end_date AS covered_until FROM master.covered
