-- Dependents under their subscriber's subscription; returns nothing.
INSERT INTO master.covered (company_id, subscription_id, person_id)
SELECT company_id, subscriber_id, person_id FROM master.person WHERE subscriber_id IS NOT NULL
