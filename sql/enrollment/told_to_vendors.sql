-- Every file that was to tell a vendor something: company_id, file_id, company, partner, kind, purpose, business_date,
-- name, members, state (the last), interchange (ISA13; null in a layout of the vendor's own), why (what its answers
-- found fault with, in words with codes; empty: nothing).
SELECT f.company_id, f.file_id, c.code AS company, f.partner, f.kind, f.purpose, f.business_date::text AS business_date,
  f.name, f.records AS members, e.state, n.interchange, coalesce(w.why, '') AS why
FROM exchange.file f JOIN master.company c USING (company_id)
JOIN LATERAL (SELECT v.state FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
              ORDER BY v.event_no DESC LIMIT 1) e ON true
LEFT JOIN LATERAL (SELECT max(value) AS interchange FROM exchange.control_number n
                   WHERE n.partner = f.partner AND n.kind = 'ISA13' AND n.company_id = f.company_id
                     AND n.file_id = f.file_id) n ON true
LEFT JOIN LATERAL (SELECT string_agg(x.detail, '; ' ORDER BY x.position, x.kind) AS why FROM exchange.exception x
                   WHERE x.sha256 IN (SELECT a.sha256 FROM enrollment.acknowledgement a
                                      WHERE a.company_id = f.company_id AND a.file_id = f.file_id)) w ON true
WHERE f.kind IN ('edi834', 'tabular')
ORDER BY f.partner, c.code, f.business_date, f.sequence
