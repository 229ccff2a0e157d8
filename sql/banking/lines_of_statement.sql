-- What is recorded of one statement: position, matched.
SELECT l.position, m.position IS NOT NULL AS matched
FROM banking.statement_line l LEFT JOIN banking.match m USING (sha256, position)
WHERE l.sha256 = {sha256}
