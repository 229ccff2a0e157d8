-- One payer of the company by his code, or the company itself and its groups: company_id, payer, group_code.
SELECT p.company_id, p.person_id AS payer, '' AS group_code FROM master.person p
WHERE p.company_id = ANY ({companies}::int[]) AND p.code = {member}
UNION
SELECT i.company_id, 0, i.group_code FROM billing.invoice i
WHERE i.company_id = ANY ({companies}::int[]) AND i.person_id IS NULL AND {member}::text IS NULL
