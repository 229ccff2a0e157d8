-- Of some people what members reads of all.
SELECT p.company_id, p.person_id, p.code AS member_code, p.birth_date
FROM unnest({of_companies}::int[], {keys}::int[]) AS w (company_id, person_id)
JOIN master.person p USING (company_id, person_id)
WHERE EXISTS (SELECT FROM master.price WHERE member_code <> '' OR age_from > 0 OR age_to < 150)
