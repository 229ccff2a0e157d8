-- One file and where it stands: kind, sha256, created_by, name, business_date, state, event_no (the last), questions,
-- approvals_needed, approvals (given), approvers.
SELECT f.kind, f.sha256, f.created_by, f.name, f.business_date, e.state, e.event_no, f.questions, f.approvals_needed,
  a.approvals, a.approvers
FROM exchange.file f
JOIN LATERAL (SELECT state, event_no FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) e ON true
CROSS JOIN LATERAL (SELECT count(*) AS approvals, coalesce(array_agg(a.approved_by ORDER BY a.approved_by), '{{}}') AS approvers
                    FROM exchange.approval a WHERE a.company_id = f.company_id AND a.file_id = f.file_id) a
WHERE f.company_id = {company} AND f.file_id = {file_id}
