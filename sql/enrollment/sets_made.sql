-- How many sets files have: company_id, file_id, made.
SELECT n.company_id, n.file_id, count(*) AS made FROM exchange.control_number n
JOIN unnest({company_ids}::int[], {file_ids}::bigint[]) AS f (company_id, file_id) USING (company_id, file_id)
WHERE n.kind = 'ST02' GROUP BY n.company_id, n.file_id
