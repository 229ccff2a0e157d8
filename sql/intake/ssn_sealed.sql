-- Sealed SSNs of the transaction's companies: company_id, person_id, ssn_sealed.
SELECT company_id, person_id, ssn_sealed FROM master.person WHERE ssn_sealed IS NOT NULL
