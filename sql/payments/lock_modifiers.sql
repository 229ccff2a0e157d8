-- Takes the locks on these origins' file ID modifiers of the business date, in order, until the transaction ends; a row each.
SELECT pg_advisory_xact_lock(hashtextextended('payments.file_modifier/' || o.origin || '/' || {business_date}, 0))::text AS locked
FROM unnest({origins}::text[]) WITH ORDINALITY AS o(origin, place) ORDER BY o.place
