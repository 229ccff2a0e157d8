-- How many subscriptions the companies of the transaction have: subscriptions.
SELECT count(*) AS subscriptions FROM master.subscription
