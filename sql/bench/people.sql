-- Invent so many subscribers, dealt out to the companies by turns; returns nothing.
INSERT INTO master.person (company_id, person_id, code, relationship, first_name, last_name, birth_date, gender, address,
  city, state, zip)
SELECT n % {houses}::int + 1, n / {houses}::int + 1, 'M' || n, 'self', 'Ann', 'Sample' || n, date '1960-01-01' + n % 14000,
  'F', '2 Hill Rd', 'Portland', 'ME', '04101'
FROM generate_series(0, {size}::int - 1) n
