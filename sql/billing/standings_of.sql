-- The acts upon some subscriptions: company_id, subscription_id, event_no, event, effective_date,
-- invoice_id, business_date.
SELECT s.company_id, s.subscription_id, s.event_no, s.event, s.effective_date, s.invoice_id, s.business_date
FROM unnest({of_companies}::int[], {subscriptions}::int[]) AS w (company_id, subscription_id)
JOIN billing.standing s USING (company_id, subscription_id)
ORDER BY 1, 2, 3
