-- Checked money files that nobody has approved on the day after they were made: key, kind, detail.
WITH state AS (
  SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state
  FROM exchange.event ORDER BY company_id, file_id, event_no DESC)
SELECT format('unapproved/%s/%s', c.code, f.file_id) AS key, 'unapproved' AS kind,
  format('%s of %s waits for approval', f.name, c.code) AS detail
FROM state s JOIN exchange.file f USING (company_id, file_id) JOIN master.company c USING (company_id)
WHERE s.state = 'checked' AND f.kind = 'nacha' AND f.business_date < {business_date}::date
ORDER BY 1
