-- ACH files of this bank by name: company_id, file_id, name, debit_cents and credit_cents (others' money: offset entries,
-- which are our own account, left out), state, event_no (the last), settled_in and settled_out (a line that is no
-- returned item has already answered its debits, its credits).
SELECT f.company_id, f.file_id, f.name, (f.debit_cents - coalesce(h.offset_debit_cents, 0))::bigint AS debit_cents,
  (f.credit_cents - coalesce(h.offset_credit_cents, 0))::bigint AS credit_cents, s.state, s.event_no,
  coalesce(m.settled_in, false) AS settled_in, coalesce(m.settled_out, false) AS settled_out
FROM exchange.file f
LEFT JOIN payments.ach_file h ON h.company_id = f.company_id AND h.file_id = f.file_id
LEFT JOIN LATERAL (
  SELECT bool_or(l.amount_cents >= 0) AS settled_in, bool_or(l.amount_cents < 0) AS settled_out
  FROM banking.match m JOIN banking.statement_line l USING (sha256, position)
  WHERE m.company_id = f.company_id AND m.file_id = f.file_id
    AND l.type_code NOT IN ('255', '257', '555', '557')) m ON true
JOIN LATERAL (SELECT state, event_no FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) s ON true
WHERE f.kind = 'nacha' AND f.partner = {partner} AND f.name = ANY ({names}::text[])
ORDER BY f.company_id, f.file_id
