-- What vendors answered by the business date: company_id, file_id, level, control_number, outcome.
SELECT company_id, file_id, level, control_number, outcome FROM enrollment.acknowledgement
WHERE business_date <= {business_date}::date
