-- All holds: company_id, subscription_id, from_date, to_date.
SELECT company_id, subscription_id, from_date, to_date FROM master.hold
