-- Invoices of this business date, those of memos apart: company_id, person_id, group_code, kind, bill_date, due_date, total_cents, sequence.
SELECT company_id, person_id, group_code, kind, bill_date, due_date, total_cents, sequence
FROM billing.invoice WHERE bill_date = {business_date}::date AND sequence > 0
