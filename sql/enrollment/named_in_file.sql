-- Whom files told a vendor of: company_id, file_id, person_id, set_control, code, head_code, ssn_blind.
SELECT DISTINCT m.company_id, m.file_id, m.person_id, m.set_control, p.code, h.code AS head_code, p.ssn_blind
FROM enrollment.member_state m
JOIN unnest({company_ids}::int[], {file_ids}::bigint[]) AS f (company_id, file_id) USING (company_id, file_id)
JOIN master.person p ON p.company_id = m.company_id AND p.person_id = m.person_id
JOIN master.person h ON h.company_id = p.company_id AND h.person_id = coalesce(p.subscriber_id, p.person_id)
