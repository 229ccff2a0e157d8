-- Which transactions are over by now: what they changed, every later statement of this transaction sees. One text.
SELECT pg_current_snapshot()::text AS snapshot
