-- People of the transaction's companies, with the blind index of their SSN and without the number.
SELECT company_id, person_id, code, subscriber_id, relationship, first_name, last_name, birth_date, gender, address,
  city, state, zip, phone, email, bill_day, ssn_blind FROM master.person
