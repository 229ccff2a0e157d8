-- Groups below companies: company_id, code, name, parent_code, billed, account_code, pays_per_year, email.
SELECT company_id, code, name, parent_code, billed, account_code, pays_per_year, email FROM master.sub_group
