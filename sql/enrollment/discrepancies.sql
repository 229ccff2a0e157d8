-- Discrepancies of one list of a partner, the last one unless a list is named: company, kind, member, line, plan_code,
-- columns, as_of, sha256 (hex).
SELECT c.code AS company, d.kind, d.member, d.line, d.plan_code, d.columns, d.as_of::text AS as_of,
  encode(d.sha256, 'hex') AS sha256
FROM enrollment.discrepancy d JOIN master.company c USING (company_id)
WHERE d.partner = {partner} AND d.sha256 = coalesce({sha256}::bytea, (
  SELECT l.sha256 FROM enrollment.discrepancy l WHERE l.partner = {partner} ORDER BY l.as_of DESC, l.run_no DESC LIMIT 1))
ORDER BY d.kind, c.code, d.member, d.line, d.plan_code
