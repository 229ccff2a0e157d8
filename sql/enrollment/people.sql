-- People as a vendor may see them: company_id, person_id, code, subscriber_id, relationship, first_name, last_name,
-- birth_date, gender, address, city, state, zip, phone, email, ssn_blind, ssn_sealed (null unless a partner asks for it).
SELECT company_id, person_id, code, subscriber_id, relationship, first_name, last_name, birth_date, gender, address, city,
  state, zip, phone, email, ssn_blind, CASE WHEN {with_ssn}::boolean THEN ssn_sealed END AS ssn_sealed
FROM master.person
