-- Files of the last 90 days, not void, that paid the same people the same, and of which an entry still stands (what came
-- back whole may be tried again): company_id, fingerprint, name, business_date.
SELECT f.company_id, f.fingerprint, f.name, f.business_date
FROM exchange.file f
WHERE f.fingerprint = ANY ({fingerprints}::bytea[])
  AND f.business_date BETWEEN {business_date}::date - 90 AND {business_date}::date
  AND (SELECT v.state FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
       ORDER BY v.event_no DESC LIMIT 1) <> 'void'
  AND EXISTS (SELECT FROM payments.ach_entry e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
    AND NOT EXISTS (SELECT FROM payments.undone u WHERE u.company_id = e.company_id AND u.entry_id = e.entry_id
                    AND u.business_date <= {business_date}::date))
ORDER BY f.company_id, f.file_id
