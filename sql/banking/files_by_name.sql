-- ACH files of this bank by name: company_id, file_id, name, debit_cents, credit_cents, state, event_no (the last),
-- settled (a line that is no returned item has already answered it).
SELECT f.company_id, f.file_id, f.name, f.debit_cents, f.credit_cents, s.state, s.event_no,
  EXISTS (SELECT FROM banking.match m JOIN banking.statement_line l USING (sha256, position)
          WHERE m.company_id = f.company_id AND m.file_id = f.file_id AND l.type_code NOT IN ('555', '557')) AS settled
FROM exchange.file f
JOIN LATERAL (SELECT state, event_no FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) s ON true
WHERE f.kind = 'nacha' AND f.partner = {partner} AND f.name = ANY ({names}::text[])
ORDER BY f.company_id, f.file_id
