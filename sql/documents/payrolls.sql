-- Every group that may get a list bill, with its bills of the date which employees owe a part of: company_id, company,
-- group_code ('' the company's own bill), invoice_id (null where there is none).
WITH bill AS (
  SELECT i.company_id, i.group_code, i.invoice_id FROM billing.invoice i
  WHERE i.kind = 'list_bill' AND i.bill_date = {business_date}::date AND EXISTS (
    SELECT FROM billing.line l WHERE l.company_id = i.company_id AND l.invoice_id = i.invoice_id AND l.debtor = -2)
)
SELECT g.company_id, c.code AS company, g.group_code, b.invoice_id
FROM (SELECT company_id, '' AS group_code FROM master.company
      UNION ALL SELECT company_id, code FROM master.sub_group) g
JOIN master.company c USING (company_id)
LEFT JOIN bill b USING (company_id, group_code)
ORDER BY c.code COLLATE "C", g.group_code COLLATE "C", b.invoice_id
