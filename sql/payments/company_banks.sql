-- Over which banks companies spread their drafts: company_id, bank, weight, monthly_cap_cents (null: none).
SELECT company_id, bank, weight, monthly_cap_cents FROM master.company_bank ORDER BY company_id, bank
