-- Which of these events are on the send list: company_id, event_key.
SELECT company_id, event_key FROM billing.mail WHERE event_key = ANY ({event_keys}::text[])
