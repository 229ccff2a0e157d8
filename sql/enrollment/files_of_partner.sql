-- Every file for a vendor that has left, or was about to: company_id, company, file_id, business_date, sequence.
SELECT f.company_id, c.code AS company, f.file_id, f.business_date, f.sequence
FROM exchange.file f JOIN master.company c USING (company_id)
WHERE f.partner = {partner} AND f.kind IN ('edi834', 'tabular') AND EXISTS (
  SELECT FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
    AND e.state NOT IN ('built', 'checked', 'approved', 'void'))
