-- What a day brings: one subscription of 500 is on hold since some day of the last month; returns nothing.
INSERT INTO master.hold (company_id, subscription_id, from_date, to_date, reason)
SELECT company_id, subscription_id, {business_date}::date - subscription_id % 30 - 1, {business_date}::date + 20, 'leave'
FROM master.subscription WHERE subscription_id % 500 = 11
