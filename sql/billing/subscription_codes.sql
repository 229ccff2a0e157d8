-- Codes of some subscriptions: company_id, subscription_id, subscription.
SELECT s.company_id, s.subscription_id, s.code AS subscription
FROM unnest({of_companies}::int[], {subscriptions}::int[]) AS w (company_id, subscription_id)
JOIN master.subscription s USING (company_id, subscription_id)
