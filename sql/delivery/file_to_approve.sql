-- One file and where it stands: sha256, created_by, name, business_date, state, event_no (the last).
SELECT f.sha256, f.created_by, f.name, f.business_date, e.state, e.event_no
FROM exchange.file f
JOIN LATERAL (SELECT state, event_no FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) e ON true
WHERE f.company_id = {company} AND f.file_id = {file_id}
