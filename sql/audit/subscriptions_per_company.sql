-- How much work each company is: company_id, subscriptions.
SELECT company_id, count(*) AS subscriptions FROM master.subscription
WHERE company_id = ANY ({companies}::int[]) GROUP BY company_id ORDER BY company_id
