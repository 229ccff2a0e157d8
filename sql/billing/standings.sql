-- Every lapse and reinstatement, in their order: company_id, subscription_id, event_no, event, effective_date.
-- Like all terms as they stand: a night made up for late must not charge again what a later night has credited.
SELECT company_id, subscription_id, event_no, event, effective_date
FROM billing.standing
WHERE event IN ('lapse', 'reinstatement')
ORDER BY company_id, subscription_id, event_no
