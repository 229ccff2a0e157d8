-- What one ACH file says of itself: destination, destination_name, origin, origin_name, company_name, odfi, line_end,
-- business_date, sequence.
SELECT h.destination, h.destination_name, h.origin, h.origin_name, h.company_name, h.odfi, h.line_end, h.business_date, f.sequence
FROM payments.ach_file h JOIN exchange.file f USING (company_id, file_id)
WHERE h.company_id = {company} AND h.file_id = {file_id}
