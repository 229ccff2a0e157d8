-- The sub-groups of the companies: company_id, group_code, parent_code ('' directly below the company), billed.
SELECT company_id, code AS group_code, parent_code, billed FROM master.sub_group ORDER BY company_id, code
