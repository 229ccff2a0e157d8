-- The state of files: company_id, file_id, event_no (the last), state.
SELECT DISTINCT ON (e.company_id, e.file_id) e.company_id, e.file_id, e.event_no, e.state
FROM exchange.event e
JOIN unnest({company_ids}::int[], {file_ids}::bigint[]) AS f (company_id, file_id) USING (company_id, file_id)
ORDER BY e.company_id, e.file_id, e.event_no DESC
