-- Codes of some people: company_id, person_id, member.
SELECT p.company_id, p.person_id, p.code AS member
FROM unnest({of_companies}::int[], {people}::int[]) AS w (company_id, person_id)
JOIN master.person p USING (company_id, person_id)
