-- Covered dependents: company_id, subscription_id, person_id, end_date.
SELECT company_id, subscription_id, person_id, end_date FROM master.covered
