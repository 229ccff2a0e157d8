-- Vendor files without an answer in the hours agreed on, counted from the end of the business date they were sent on,
-- and files whose fate is unknown: key, kind, detail.
WITH state AS (
  SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state, business_date
  FROM exchange.event ORDER BY company_id, file_id, event_no DESC)
SELECT format('%s/%s/%s', CASE s.state WHEN 'unknown' THEN 'unknown_file' ELSE 'overdue_ack' END, c.code, f.file_id) AS key,
  CASE s.state WHEN 'unknown' THEN 'unknown_file' ELSE 'overdue_ack' END AS kind,
  CASE s.state WHEN 'unknown' THEN format('it is not known whether %s has %s: ask them, then record the answer', f.partner, f.name)
    ELSE format('%s has not acknowledged %s, sent on %s', f.partner, f.name, s.business_date) END AS detail
FROM state s JOIN exchange.file f USING (company_id, file_id) JOIN master.company c USING (company_id)
WHERE s.state = 'unknown' OR (s.state = 'sent' AND f.kind IN ('edi834', 'tabular')
  AND (s.business_date + 1)::timestamp AT TIME ZONE 'UTC' + make_interval(hours => f.answer_hours) < {as_of}::timestamptz)
ORDER BY 1
