-- Files that a person must see to: checked ones that lack an approval two hours before their cut-off or on the day after
-- they were made, ones that missed their cut-off, and approved ones that have not left a day later still: key, kind, detail.
WITH state AS (
  SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state, detail
  FROM exchange.event ORDER BY company_id, file_id, event_no DESC),
waiting AS (
  SELECT f.*, c.code, s.state, s.detail, h.send_by, to_char(h.send_by AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') AS until
  FROM state s JOIN exchange.file f USING (company_id, file_id) JOIN master.company c USING (company_id)
  LEFT JOIN payments.ach_file h USING (company_id, file_id)
  WHERE s.state IN ('checked', 'approved', 'failed'))
SELECT format('unapproved/%s/%s', code, file_id) AS key, 'unapproved' AS kind,
  format('%s of %s waits for approval%s', name, code, ', to be sent by ' || until) AS detail
FROM waiting
WHERE state = 'checked' AND (business_date < {business_date}::date OR send_by < {as_of}::timestamptz + interval '2 hours')
UNION ALL
SELECT format('missed_cut_off/%s/%s', code, file_id), 'missed_cut_off',
  format('%s of %s missed its cut-off of %s: make it void and cut it again (daybook recut %s %s)', name, code, until, code, file_id)
FROM waiting WHERE send_by < {as_of}::timestamptz
UNION ALL
SELECT format('not_sent/%s/%s', code, file_id), 'not_sent',
  format('%s of %s has not left for %s%s', name, code, partner, CASE detail WHEN '' THEN '' ELSE ': ' || detail END)
FROM waiting
WHERE state IN ('approved', 'failed') AND business_date < {business_date}::date - 1 AND (send_by IS NULL OR send_by >= {as_of}::timestamptz)
ORDER BY 1
