-- What an inbound file said of members and sets when it was processed before: company_id, file_id, set_control, person_id.
SELECT company_id, file_id, set_control, person_id FROM enrollment.member_answer WHERE sha256 = {sha256}::bytea
