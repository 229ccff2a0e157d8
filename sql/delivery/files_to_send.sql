-- Approved files that are not known to have arrived, also those a crash left underway: company_id, file_id, partner.
SELECT f.company_id, f.file_id, f.partner
FROM exchange.file f
JOIN LATERAL (SELECT state FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) e ON true
WHERE e.state IN ('approved', 'sending', 'failed')
  AND EXISTS (SELECT FROM exchange.approval a WHERE a.company_id = f.company_id AND a.file_id = f.file_id)
ORDER BY f.partner, f.company_id, f.file_id
