-- Invoices this business date already has per payer (0: the company itself): company_id, payer, sequence.
SELECT company_id, coalesce(person_id, 0) AS payer, max(sequence) AS sequence
FROM billing.invoice WHERE bill_date = {business_date}::date
GROUP BY 1, 2
