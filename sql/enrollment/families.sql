-- People of the families of these subscriber codes: company_id, head_code, code, relationship, birth_date.
SELECT h.company_id, h.code AS head_code, p.code, p.relationship, p.birth_date
FROM master.person h
JOIN master.person p ON p.company_id = h.company_id AND (p.person_id = h.person_id OR p.subscriber_id = h.person_id)
WHERE h.company_id = {company}::int AND upper(h.code) = ANY ({codes}::text[])
