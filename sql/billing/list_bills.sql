-- Every list bill up to the business date: company_id, company_code, group_code, invoice_id, bill_date, due_date.
SELECT i.company_id, c.code AS company_code, i.group_code, i.invoice_id, i.bill_date, i.due_date
FROM billing.invoice i JOIN master.company c USING (company_id)
WHERE i.kind = 'list_bill' AND i.bill_date <= {business_date}::date
ORDER BY i.company_id, i.invoice_id
