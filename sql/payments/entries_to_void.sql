-- Entries of files made void by the business date that still stand in the books: company_id, entry_id, contra,
-- signed_cents, journalled (a prenote never was). File by file through the index, since few files are ever void.
SELECT e.company_id, e.entry_id, e.contra, e.signed_cents, e.journal_id IS NOT NULL AS journalled
FROM (SELECT DISTINCT v.company_id, v.file_id FROM exchange.event v
      WHERE v.state = 'void' AND v.business_date <= {business_date}::date) f
JOIN payments.ach_entry e ON e.company_id = f.company_id AND e.file_id = f.file_id
WHERE (SELECT true FROM payments.voided d WHERE d.company_id = e.company_id AND d.entry_id = e.entry_id) IS NULL
ORDER BY e.company_id, e.entry_id
