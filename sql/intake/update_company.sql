-- Brings rows of master.company up to date with the staged ones: nothing.
UPDATE master.company t SET book_id = s.book_id, name = s.name, kind = s.kind, tax_id = s.tax_id, address =
  s.address, city = s.city, state = s.state, zip = s.zip, bank = s.bank, ach_company_id = s.ach_company_id,
  ach_company_name = s.ach_company_name, bill_lead_days = s.bill_lead_days, go_live = s.go_live,
  bill_day = s.bill_day, memo_limit_cents = s.memo_limit_cents, email = s.email, documents_from = s.documents_from,
  test = s.test
FROM {staged} s WHERE t.company_id = s.company_id
