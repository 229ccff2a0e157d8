-- What 824s said by the business date: company_id, file_id, set_control (0: the file), person_id (0: everybody), refused,
-- run_no.
SELECT company_id, file_id, set_control, person_id, refused, run_no FROM enrollment.member_answer
WHERE business_date <= {business_date}::date
