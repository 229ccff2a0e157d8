-- What vendors answered by the business date: company_id, file_id, level, control_number, outcome, run_no.
SELECT company_id, file_id, level, control_number, outcome, run_no FROM enrollment.acknowledgement
WHERE business_date <= {business_date}::date
