-- Every subscription, ended ones too (a back-dated end is a correction): company_id, subscription_id, code, person_id,
-- product_id, tier, start_date, end_date, bill_day, method.
SELECT company_id, subscription_id, code, person_id, product_id, tier, start_date, end_date, bill_day, method
FROM master.subscription
