-- A subscription for each subscriber: bill days 1 to 30 evenly, a tenth on list bill, sold over three years; nothing returned.
INSERT INTO master.subscription (company_id, subscription_id, code, person_id, product_id, tier, start_date, bill_day,
  method, account_code)
SELECT company_id, person_id, 'S' || person_id, person_id, person_id / 7 % {products}::int + 1,
  (ARRAY['EMP', 'ESP', 'ECH', 'FAM'])[person_id / 5 % 4 + 1],
  ({first}::date - (person_id % 36) * interval '1 month')::date + person_id % 30, person_id % 30 + 1,
  CASE person_id / 30 % 10 WHEN 0 THEN 'list_bill' ELSE 'ach' END, 'B' || person_id
FROM master.person
