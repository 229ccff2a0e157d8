-- Sent vendor files without an answer after two days, and files whose fate is unknown: key, kind, detail.
WITH state AS (
  SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state, business_date
  FROM exchange.event ORDER BY company_id, file_id, event_no DESC)
SELECT format('%s/%s/%s', CASE s.state WHEN 'unknown' THEN 'unknown_file' ELSE 'overdue_ack' END, c.code, f.file_id) AS key,
  CASE s.state WHEN 'unknown' THEN 'unknown_file' ELSE 'overdue_ack' END AS kind,
  CASE s.state WHEN 'unknown' THEN format('it is not known whether %s has %s: ask them, then record the answer', f.partner, f.name)
    ELSE format('%s has not acknowledged %s, sent on %s', f.partner, f.name, s.business_date) END AS detail
FROM state s JOIN exchange.file f USING (company_id, file_id) JOIN master.company c USING (company_id)
WHERE s.state = 'unknown' OR (s.state = 'sent' AND f.kind = 'edi834' AND s.business_date < {business_date}::date - 2)
ORDER BY 1
