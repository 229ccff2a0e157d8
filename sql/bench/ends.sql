-- What a day brings: one subscription of 125 ends somewhere in the last 40 days; returns nothing.
UPDATE master.subscription SET end_date = {business_date}::date - subscription_id % 40 WHERE subscription_id % 125 = 3
