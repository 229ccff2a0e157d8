-- How many companies this transaction does not see: unseen.
SELECT count(*) AS unseen FROM master.company WHERE NOT company_id = ANY ({companies}::int[])
