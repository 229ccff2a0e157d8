-- The documents about a day: company, document_no, kind, subject, template, size, sha256 (hex), mail (its last state,
-- waiting where nothing was tried, empty where none goes out).
SELECT c.code AS company, d.document_no, d.kind, d.subject, d.template, d.size, encode(d.sha256, 'hex') AS sha256,
  CASE WHEN m.mail_id IS NULL THEN '' ELSE coalesce(e.state, 'waiting') END AS mail
FROM billing.document d JOIN master.company c USING (company_id)
LEFT JOIN billing.mail m ON m.company_id = d.company_id AND m.event_key = d.kind || '/' || d.subject
LEFT JOIN LATERAL (SELECT e.state FROM billing.mail_event e WHERE e.company_id = m.company_id AND e.mail_id = m.mail_id
                   ORDER BY e.event_no DESC LIMIT 1) e ON true
WHERE d.business_date = {business_date}::date
ORDER BY c.code, d.document_no
