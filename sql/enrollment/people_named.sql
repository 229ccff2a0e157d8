-- People by their code, their subscriber's code or the blind index of their SSN: company_id, person_id, code, head_code,
-- ssn_blind.
SELECT p.company_id, p.person_id, p.code, h.code AS head_code, p.ssn_blind
FROM master.person p
JOIN master.person h ON h.company_id = p.company_id AND h.person_id = coalesce(p.subscriber_id, p.person_id)
WHERE p.company_id = ANY ({company_ids}::int[])
  AND (upper(p.code) = ANY ({codes}::text[]) OR upper(h.code) = ANY ({codes}::text[])
    OR p.ssn_blind = ANY ({blinds}::bytea[]))
ORDER BY p.company_id, p.person_id
