-- Messages about the last days that stand on the send list: company_id, event_key.
SELECT company_id, event_key FROM billing.mail
WHERE business_date BETWEEN {business_date}::date - {days}::int AND {business_date}::date
