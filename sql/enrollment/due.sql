-- Companies and vendors without an 834 of this business date: company_id, company, company_name, tax_id, vendor_id,
-- partner, vendor_name, vendor_tax_id.
SELECT c.company_id, c.code AS company, c.name AS company_name, c.tax_id, v.vendor_id, v.code AS partner,
  v.name AS vendor_name, v.tax_id AS vendor_tax_id
FROM master.company c CROSS JOIN master.vendor v
WHERE c.company_id = ANY ({companies}::int[])
  AND EXISTS (SELECT FROM master.product p WHERE p.vendor_id = v.vendor_id AND p.line <> '')
  AND NOT EXISTS (SELECT FROM exchange.file f WHERE f.company_id = c.company_id AND f.kind = 'edi834'
    AND f.partner = v.code AND f.business_date = {business_date}::date)
ORDER BY c.company_id, v.vendor_id
