-- Sealed bytes of files: company_id, file_id, sealed.
SELECT c.company_id, c.file_id, c.sealed FROM exchange.content c
JOIN unnest({company_ids}::int[], {file_ids}::bigint[]) AS f (company_id, file_id) USING (company_id, file_id)
