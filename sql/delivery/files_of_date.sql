-- Outbound files of a business date and where they stand:
-- file_id, company, kind, partner, business_date, path, sha256 (hex), state, records, debit_cents, credit_cents.
SELECT f.file_id, c.code AS company, f.kind, f.partner, f.business_date::text AS business_date,
  coalesce(r.remote_path, f.name) AS path, encode(f.sha256, 'hex') AS sha256, s.state, f.records, f.debit_cents, f.credit_cents
FROM exchange.file f
JOIN master.company c USING (company_id)
JOIN LATERAL (SELECT state FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
              ORDER BY event_no DESC LIMIT 1) s ON true
LEFT JOIN exchange.receipt r ON r.company_id = f.company_id AND r.file_id = f.file_id
WHERE f.business_date = {business_date}::date
ORDER BY f.kind DESC, c.code, f.partner, f.sequence
