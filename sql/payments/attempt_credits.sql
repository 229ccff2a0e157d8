-- Credit invoices that are neither used up nor refunded: company_id, invoice_id, payer (0: the company itself), group_code
-- (of a list bill, '' the company), left_cents above zero.
SELECT company_id, invoice_id, payer, group_code, left_cents FROM payments.credit_left
WHERE bill_date <= {business_date}::date
ORDER BY company_id, invoice_id
