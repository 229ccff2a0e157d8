-- Banks of companies: company_id, bank, weight, monthly_cap_cents.
SELECT company_id, bank, weight, monthly_cap_cents FROM master.company_bank
