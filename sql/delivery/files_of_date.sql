-- Outbound files of a business date and where they stand: file_id, company, kind, partner, business_date, path, name,
-- sha256 (hex), state, note (what the last event says), records, debit_cents, credit_cents, effective_from,
-- effective_to, send_by (null: no cut-off), approvals_needed, approvals (given), approvers, created_by, questions,
-- doubles (the questions in words, a line each: possible doubles, mass changes).
SELECT f.file_id, c.code AS company, f.kind, f.partner, f.business_date::text AS business_date,
  coalesce(r.remote_path, f.name) AS path, f.name, encode(f.sha256, 'hex') AS sha256, s.state, s.detail AS note, f.records,
  f.debit_cents, f.credit_cents, d.first::text AS effective_from, d.last::text AS effective_to,
  to_char(h.send_by AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS send_by,
  f.approvals_needed::int AS approvals_needed, a.approvals, a.approvers, f.created_by, f.questions,
  CASE WHEN f.questions > 0 THEN (SELECT e.detail FROM exchange.event e WHERE e.company_id = f.company_id
    AND e.file_id = f.file_id AND e.state = 'checked' ORDER BY e.event_no LIMIT 1) ELSE '' END AS doubles
FROM exchange.file f
JOIN master.company c USING (company_id)
JOIN LATERAL (SELECT state, detail FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) s ON true
LEFT JOIN payments.ach_file h ON h.company_id = f.company_id AND h.file_id = f.file_id
LEFT JOIN LATERAL (SELECT min(effective_date) AS first, max(effective_date) AS last FROM payments.ach_entry e
                   WHERE e.company_id = f.company_id AND e.file_id = f.file_id) d ON f.kind = 'nacha'
CROSS JOIN LATERAL (SELECT count(*)::int AS approvals, coalesce(array_agg(a.approved_by ORDER BY a.approved_by), '{{}}') AS approvers
                    FROM exchange.approval a WHERE a.company_id = f.company_id AND a.file_id = f.file_id) a
LEFT JOIN exchange.receipt r ON r.company_id = f.company_id AND r.file_id = f.file_id
WHERE f.business_date = {business_date}::date
ORDER BY f.kind DESC, c.code, f.partner, f.sequence
