-- What prices ask of people: company_id, person_id, member_code, birth_date. None when no price goes by age or member.
SELECT company_id, person_id, code AS member_code, birth_date
FROM master.person
WHERE subscriber_id IS NULL
  AND EXISTS (SELECT FROM master.price WHERE member_code <> '' OR age_from > 0 OR age_to < 150)
