-- The messages of these companies and event keys (arrays side by side): company_id, event_key.
SELECT m.company_id, m.event_key FROM unnest({owners}::int[], {keys}::text[]) w (company_id, event_key)
JOIN billing.mail m ON m.company_id = w.company_id AND m.event_key = w.event_key
