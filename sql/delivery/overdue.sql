-- Vendor files without an answer in the hours agreed on, counted from the end of the business date they were sent on,
-- files whose fate is unknown, and files whose sending was begun an hour ago and has no end: key, kind, detail.
WITH state AS (
  SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state, business_date, booked_at
  FROM exchange.event ORDER BY company_id, file_id, event_no DESC),
told AS (
  SELECT *, CASE state WHEN 'unknown' THEN 'unknown_file' WHEN 'sending' THEN 'unfinished_file' ELSE 'overdue_ack' END AS kind
  FROM state)
SELECT format('%s/%s/%s', s.kind, c.code, f.file_id) AS key, s.kind,
  CASE s.state WHEN 'unknown' THEN format('it is not known whether %s has %s: ask them, then record the answer', f.partner, f.name)
    WHEN 'sending' THEN format('the sending of %s to %s was begun and has no end: release again, it looks there first', f.name, f.partner)
    ELSE format('%s has not acknowledged %s, sent on %s', f.partner, f.name, s.business_date) END AS detail
FROM told s JOIN exchange.file f USING (company_id, file_id) JOIN master.company c USING (company_id)
WHERE s.state = 'unknown' OR (s.state = 'sending' AND s.booked_at < {as_of}::timestamptz - interval '1 hour')
  OR (s.state = 'sent' AND f.kind IN ('edi834', 'tabular')
  AND (s.business_date + 1)::timestamp AT TIME ZONE 'UTC' + make_interval(hours => f.answer_hours) < {as_of}::timestamptz)
ORDER BY 1
