-- A hold for one subscription of fifty; returns nothing.
INSERT INTO master.hold (company_id, subscription_id, from_date, to_date, reason)
SELECT company_id, subscription_id, {first}::date + subscription_id % 60, {first}::date + subscription_id % 60 + 12, 'leave'
FROM master.subscription WHERE subscription_id % 50 = 7
