-- Takes the lock on this ODFI's trace numbers of the business date, until the transaction ends; one row.
SELECT pg_advisory_xact_lock(hashtextextended('payments.trace_block/' || {odfi} || '/' || {business_date}, 0))::text AS locked
