-- What waits for a consent, or had one: requested_by, decided_by (null: nobody yet).
SELECT a.requested_by, c.granted_by AS decided_by
FROM (
  SELECT m.requested_by FROM billing.memo m
  WHERE {kind} = 'memo' AND m.company_id = {company}::int AND m.memo_id = {subject}::bigint AND m.needs_approval
  UNION
  SELECT 'night' FROM billing.dunning d
  WHERE {kind} = 'lapse' AND d.company_id = {company}::int AND d.invoice_id = {subject}::bigint AND d.action = 'lapse'
  UNION
  SELECT 'night' FROM billing.standing s
  WHERE {kind} = 'reinstatement' AND s.company_id = {company}::int AND s.invoice_id = {subject}::bigint AND s.event = 'lapse'
) a
LEFT JOIN billing.consent c ON c.company_id = {company}::int AND c.kind = {kind} AND c.subject = {subject}::bigint::text
