-- Invoices this business date already has per payer (0: the company itself) and group: company_id, payer, group_code,
-- sequence.
SELECT company_id, coalesce(person_id, 0) AS payer, group_code, max(sequence) AS sequence
FROM billing.invoice WHERE bill_date = {business_date}::date AND sequence > 0
GROUP BY 1, 2, 3
