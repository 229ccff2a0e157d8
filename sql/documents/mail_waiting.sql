-- Messages that wait to be sent, oldest first: company_id, company, company_name, mail_id, event_key, document_no, kind,
-- subject, template, address ('' where none is known), event_no (of the last event, 0: none), state (of the last event).
-- Those that were refused, or of which nobody knows whether they left, wait for a person and not here.
SELECT m.company_id, c.code AS company, c.name AS company_name, m.mail_id, m.event_key, d.document_no, d.kind, d.subject, m.template,
  CASE WHEN m.person_id IS NOT NULL THEN o.email ELSE coalesce(nullif(g.email, ''), c.email) END AS address,
  coalesce(e.event_no, 0)::int AS event_no, coalesce(e.state, '') AS state
FROM billing.mail m JOIN master.company c USING (company_id)
-- By what it is about: a reminder is on the list before its letter is made.
JOIN billing.document d ON d.company_id = m.company_id AND d.kind = split_part(m.event_key, '/', 1)
  AND d.subject = substr(m.event_key, strpos(m.event_key, '/') + 1)
LEFT JOIN master.person o ON o.company_id = m.company_id AND o.person_id = m.person_id
-- Which group a list bill is for stands on the invoice that the document is, or is about.
LEFT JOIN billing.memo k ON d.kind = 'memo' AND k.company_id = d.company_id AND k.memo_id::text = d.subject
LEFT JOIN billing.line l ON l.company_id = k.company_id AND l.line_id = k.line_id
LEFT JOIN payments.invoice_entry r ON d.kind = 'receipt' AND r.company_id = d.company_id AND r.entry_id::text = d.subject
LEFT JOIN billing.invoice i ON m.person_id IS NULL AND i.company_id = m.company_id AND i.invoice_id = CASE d.kind
  WHEN 'memo' THEN l.invoice_id WHEN 'receipt' THEN r.invoice_id ELSE split_part(d.subject, '/', 1)::bigint END
LEFT JOIN master.sub_group g ON g.company_id = i.company_id AND g.code = i.group_code
LEFT JOIN LATERAL (SELECT e.event_no, e.state FROM billing.mail_event e
                   WHERE e.company_id = m.company_id AND e.mail_id = m.mail_id ORDER BY e.event_no DESC LIMIT 1) e ON true
WHERE m.business_date <= {business_date}::date AND coalesce(e.state, '') NOT IN ('sent', 'refused', 'unknown')
  AND m.company_id = ANY ({companies}::int[])
ORDER BY m.company_id, m.mail_id
