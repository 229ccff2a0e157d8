-- Drafts by how they came back, of the sixty days up to the business date by the day they were originated: company (code),
-- bank, code (null: did not come back), entries. Debits that left us; prenotes and void files are none.
SELECT c.code AS company, f.partner AS bank, r.code, count(*) AS entries
FROM payments.ach_entry e
JOIN master.company c USING (company_id)
JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id
JOIN LATERAL (SELECT state FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
                AND v.business_date <= {business_date}::date
              ORDER BY event_no DESC LIMIT 1) s ON s.state IN ('sent', 'acknowledged')
LEFT JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
  AND r.business_date <= {business_date}::date
WHERE e.signed_cents > 0 AND e.business_date > {business_date}::date - 60 AND e.business_date <= {business_date}::date
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
