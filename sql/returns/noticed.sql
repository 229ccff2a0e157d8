-- Change notices already taken for these entries: company_id, entry_id, code.
SELECT company_id, entry_id, code FROM returns.notice
WHERE (company_id, entry_id) IN (SELECT * FROM unnest({company_ids}::int[], {entry_ids}::bigint[]))
