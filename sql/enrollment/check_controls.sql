-- Vendors whose interchange control numbers do not run from 1 to their count: failure.
SELECT format('%s: %s interchange numbers, the highest is %s', partner, count(*), max(value)) AS failure
FROM exchange.control_number WHERE kind = 'ISA13'
GROUP BY partner HAVING max(value) <> count(*)
ORDER BY partner
