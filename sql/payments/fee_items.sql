-- Drafts of invoices that came back under R01 or R09 in the last sixty days and have no fee so far: company_id, entry_id,
-- bank, sec, account_code, code, settlement_date (of the return), about_invoice.
SELECT r.company_id, r.entry_id, f.partner AS bank, e.sec, a.account_code, r.code, r.settlement_date,
  a.invoice_id AS about_invoice
FROM returns.returned r
JOIN payments.ach_entry e ON e.company_id = r.company_id AND e.entry_id = r.entry_id AND e.purpose = 'premium'
JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id AND f.partner = ANY ({banks}::text[])
WHERE r.code IN ('R01', 'R09') AND r.business_date <= {business_date}::date
  AND r.settlement_date > {business_date}::date - 60
  AND (SELECT true FROM payments.instruction n WHERE n.company_id = r.company_id AND n.purpose = 'return_fee'
         AND n.subject = r.entry_id::text) IS NULL
ORDER BY r.company_id, r.entry_id
