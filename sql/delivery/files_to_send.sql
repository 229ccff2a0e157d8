-- Files with all their approvals that are not known to have arrived, also those a crash left underway: company_id,
-- company (its code), file_id, partner, business_date (they were made for), send_by (null: no
-- cut-off). Partner by partner, the nearest cut-off first: a bank never waits for vendors that don't answer.
SELECT f.company_id, c.code AS company, f.file_id, f.partner, f.business_date, h.send_by
FROM exchange.file f
JOIN master.company c USING (company_id)
JOIN LATERAL (SELECT state FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) e ON true
LEFT JOIN payments.ach_file h ON h.company_id = f.company_id AND h.file_id = f.file_id
WHERE e.state IN ('approved', 'sending', 'failed')
  AND (SELECT count(*) FROM exchange.approval a WHERE a.company_id = f.company_id AND a.file_id = f.file_id) >= f.approvals_needed
ORDER BY min(h.send_by) OVER (PARTITION BY f.partner), f.partner, f.company_id, f.file_id
