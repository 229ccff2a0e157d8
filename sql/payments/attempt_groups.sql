-- Sub-groups that are drafted from an account of their own: company_id, group_code, account_code.
SELECT company_id, code AS group_code, account_code FROM master.sub_group WHERE account_code <> ''
ORDER BY company_id, code COLLATE "C"
