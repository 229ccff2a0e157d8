-- Every file made for a vendor: company_id, company, file_id, business_date, sequence.
SELECT f.company_id, c.code AS company, f.file_id, f.business_date, f.sequence
FROM exchange.file f JOIN master.company c USING (company_id)
WHERE f.partner = {partner} AND f.kind IN ('edi834', 'tabular')
