-- How many messages stand in which state, up to the business date: company, state (waiting: nothing tried yet), messages.
SELECT c.code AS company, coalesce(e.state, 'waiting') AS state, count(*)::bigint AS messages
FROM billing.mail m JOIN master.company c USING (company_id)
LEFT JOIN LATERAL (SELECT e.state FROM billing.mail_event e WHERE e.company_id = m.company_id AND e.mail_id = m.mail_id
                   ORDER BY e.event_no DESC LIMIT 1) e ON true
WHERE m.business_date <= {business_date}::date
GROUP BY 1, 2 ORDER BY 1, 2
