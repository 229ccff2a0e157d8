-- What an inbound file acknowledged when it was processed before: company_id, file_id, level, control_number.
SELECT company_id, file_id, level, control_number FROM enrollment.acknowledgement WHERE sha256 = {sha256}::bytea
