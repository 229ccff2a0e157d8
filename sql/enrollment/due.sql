-- Companies and vendors that may have something to tell: company_id, company, company_name, tax_id, test, vendor_id,
-- partner, vendor_name, vendor_tax_id, made (purposes of the files of this business date that exist already). Not those
-- for whom there is a file of a later date: it told how things stand, and this date's would take that back.
SELECT c.company_id, c.code AS company, c.name AS company_name, c.tax_id, c.test, v.vendor_id, v.code AS partner,
  v.name AS vendor_name, v.tax_id AS vendor_tax_id,
  coalesce((SELECT array_agg(DISTINCT f.purpose) FROM exchange.file f WHERE f.company_id = c.company_id
    AND f.kind IN ('edi834', 'tabular') AND f.partner = v.code AND f.business_date = {business_date}::date), '{{}}') AS made
FROM master.company c CROSS JOIN master.vendor v
WHERE c.company_id = ANY ({companies}::int[])
  AND EXISTS (SELECT FROM master.product p WHERE p.vendor_id = v.vendor_id AND p.line <> '')
  AND NOT EXISTS (SELECT FROM exchange.file l
    WHERE l.company_id = c.company_id AND l.kind IN ('edi834', 'tabular') AND l.partner = v.code
      AND l.business_date > {business_date}::date
      AND NOT EXISTS (SELECT FROM exchange.event x
        WHERE x.company_id = l.company_id AND x.file_id = l.file_id AND x.state = 'void'))
ORDER BY c.company_id, v.vendor_id
