-- One file with its sealed bytes, its approval, and what travels if that was made: name, sha256, approved (sha256 of
-- the approval), sealed, parcel_name, parcel_sha256, parcel.
SELECT f.name, f.sha256, a.sha256 AS approved, c.sealed, p.name AS parcel_name, p.sha256 AS parcel_sha256, p.content AS parcel
FROM exchange.file f
JOIN exchange.content c USING (company_id, file_id)
LEFT JOIN exchange.approval a USING (company_id, file_id)
LEFT JOIN exchange.parcel p USING (company_id, file_id)
WHERE f.company_id = {company} AND f.file_id = {file_id}
