-- Holds: company_id, subscription_id, from_date, to_date, reason.
SELECT company_id, subscription_id, from_date, to_date, reason FROM master.hold
