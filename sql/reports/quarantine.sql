-- Rows of the book that no step could use, first seen this night: company, step, subject, rule, reason.
SELECT c.code AS company, q.step, q.subject, q.rule, q.reason
FROM audit.quarantine q JOIN master.company c USING (company_id)
WHERE q.business_date = {business_date}::date
ORDER BY c.code COLLATE "C", q.step COLLATE "C", q.rule COLLATE "C", q.subject COLLATE "C"
