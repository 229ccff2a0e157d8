-- People of the families of these subscriber codes, or of subscribers with these blind indexes of an SSN: company_id,
-- head_code, head_blind, code, relationship, birth_date, first_name.
SELECT h.company_id, h.code AS head_code, h.ssn_blind AS head_blind, p.code, p.relationship, p.birth_date, p.first_name
FROM master.person h
JOIN master.person p ON p.company_id = h.company_id AND (p.person_id = h.person_id OR p.subscriber_id = h.person_id)
WHERE h.company_id = {company}::int AND (upper(h.code) = ANY ({codes}::text[]) OR h.ssn_blind = ANY ({blinds}::bytea[]))
