-- Covered dependents: company_id, subscription_id, person_id.
SELECT company_id, subscription_id, person_id FROM master.covered
