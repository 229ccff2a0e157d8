-- All companies, whole.
SELECT company_id, book_id, code, name, kind, tax_id, address, city, state, zip, bank, ach_company_id,
  ach_company_name, bill_lead_days, go_live, bill_day, memo_limit_cents, email, documents_from, test
FROM master.company
