-- One file with its sealed bytes, whether all its approvals are of these bytes, and what travels if that was made: name,
-- sha256, approved, sealed, parcel_name, parcel_sha256, parcel.
SELECT f.name, f.sha256,
  (SELECT count(*) >= f.approvals_needed AND bool_and(a.sha256 = f.sha256) FROM exchange.approval a
   WHERE a.company_id = f.company_id AND a.file_id = f.file_id) AS approved,
  c.sealed, p.name AS parcel_name, p.sha256 AS parcel_sha256, p.content AS parcel
FROM exchange.file f
JOIN exchange.content c USING (company_id, file_id)
LEFT JOIN exchange.parcel p USING (company_id, file_id)
WHERE f.company_id = {company} AND f.file_id = {file_id}
