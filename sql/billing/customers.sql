-- Bill days of customers who have one of their own: company_id, person_id, customer_bill_day. None when no fee follows it.
SELECT company_id, person_id, bill_day AS customer_bill_day
FROM master.person
WHERE bill_day IS NOT NULL AND EXISTS (SELECT FROM master.fee WHERE alignment = 'customer')
