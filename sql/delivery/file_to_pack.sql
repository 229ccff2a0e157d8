-- One file with its sealed bytes, whether all its approvals are of these bytes, and what travels if that was made: kind,
-- name, sha256, entries, debit_cents, credit_cents, entry_hash, approved, sealed, parcel_name, parcel_sha256, parcel.
SELECT f.kind, f.name, f.sha256, f.records AS entries, f.debit_cents, f.credit_cents, f.entry_hash,
  (SELECT count(*) >= f.approvals_needed AND bool_and(a.sha256 = f.sha256) FROM exchange.approval a
   WHERE a.company_id = f.company_id AND a.file_id = f.file_id) AS approved,
  c.sealed, p.name AS parcel_name, p.sha256 AS parcel_sha256, p.content AS parcel
FROM exchange.file f
JOIN exchange.content c USING (company_id, file_id)
LEFT JOIN exchange.parcel p USING (company_id, file_id)
WHERE f.company_id = {company} AND f.file_id = {file_id}
