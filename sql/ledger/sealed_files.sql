-- Every stored outbound file: company_id, name, sha256, sealed.
SELECT f.company_id, f.name, f.sha256, c.sealed
FROM exchange.file f JOIN exchange.content c USING (company_id, file_id)
ORDER BY f.company_id, f.file_id
