-- What one ACH file says of itself: company_id, destination, destination_name, origin, origin_name, company_name,
-- ach_company_id, odfi, line_end, blocking, relaxed, business_date, sequence, offset_per and the offset account
-- (nulls: the file is not balanced): offset_routing, offset_type, offset_name, account_sealed.
SELECT h.company_id, h.destination, h.destination_name, h.origin, h.origin_name, h.company_name,
  coalesce(h.ach_company_id, h.origin) AS ach_company_id, h.odfi, h.line_end, h.blocking, h.relaxed, h.business_date,
  f.sequence, h.offset_per, b.routing AS offset_routing, b.account_type AS offset_type, b.holder_name AS offset_name,
  b.account_sealed
FROM payments.ach_file h JOIN exchange.file f USING (company_id, file_id)
LEFT JOIN master.bank_account b ON b.company_id = h.company_id AND b.account_id = h.offset_account_id
WHERE h.company_id = {company} AND h.file_id = {file_id}
