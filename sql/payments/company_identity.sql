-- One company as the originator of ACH files: code, ach_company_id, ach_company_name.
SELECT code, ach_company_id, ach_company_name FROM master.company WHERE company_id = {company}
