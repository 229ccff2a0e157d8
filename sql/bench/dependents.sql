-- The dependents that each subscription's tier asks for (as in subscriptions.sql); returns nothing.
INSERT INTO master.person (company_id, person_id, code, subscriber_id, relationship, first_name, last_name, birth_date,
  gender, address, city, state, zip)
SELECT p.company_id, p.person_id + d.n * 10000000, p.code || d.relationship, p.person_id, d.relationship, 'Bo', p.last_name,
  date '1990-01-01', 'U', p.address, p.city, p.state, p.zip
FROM master.person p
JOIN (VALUES (1, 'spouse', ARRAY['ESP', 'FAM']), (2, 'child', ARRAY['ECH', 'FAM'])) d (n, relationship, tiers)
  ON (ARRAY['EMP', 'ESP', 'ECH', 'FAM'])[p.person_id / 5 % 4 + 1] = ANY (d.tiers)
