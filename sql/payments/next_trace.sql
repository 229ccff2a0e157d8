-- The first trace sequence of this ODFI not yet given out at this business date: next.
SELECT coalesce(max(first + count), 1)::bigint AS next FROM payments.trace_block
WHERE odfi = {odfi} AND business_date = {business_date}::date
