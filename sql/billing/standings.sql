-- Lapses and reinstatements known on the business date, in their order: company_id, subscription_id, event_no, event,
-- effective_date.
SELECT company_id, subscription_id, event_no, event, effective_date
FROM billing.standing
WHERE event IN ('lapse', 'reinstatement') AND business_date <= {business_date}::date
ORDER BY company_id, subscription_id, event_no
