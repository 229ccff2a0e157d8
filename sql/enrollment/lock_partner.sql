-- Waits for and takes the right to give out a partner's control numbers until the end of the transaction: locked.
SELECT pg_advisory_xact_lock(hashtextextended('exchange.control_number@' || {partner}, 0))::text AS locked
