-- Brings rows of master.person up to date with the staged ones: nothing.
UPDATE master.person t SET subscriber_id = s.subscriber_id, relationship = s.relationship, first_name = s.first_name,
  last_name = s.last_name, birth_date = s.birth_date, gender = s.gender, address = s.address, city = s.city, state =
  s.state, zip = s.zip, phone = s.phone, email = s.email, bill_day = s.bill_day, ssn_sealed = s.ssn_sealed, ssn_blind = s.ssn_blind
FROM {staged} s WHERE t.company_id = s.company_id AND t.person_id = s.person_id
