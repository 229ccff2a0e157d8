-- One entry, or the live entries of a file (prenotes and void ones left out), with what decides on a reversal: company_id,
-- entry_id, purpose, sec, direction, account_code, account_id, amount_cents, individual_id, effective_date, bank, state (of
-- its file; void for one taken out of the books), returned (its code), asked_on (the day of an earlier reversal).
SELECT e.company_id, e.entry_id, e.purpose, e.sec, CASE WHEN e.transaction_code % 10 >= 5 THEN 'debit' ELSE 'credit' END AS direction,
  b.code AS account_code, e.account_id, e.amount_cents, e.individual_id, e.effective_date, f.partner AS bank,
  CASE WHEN v.entry_id IS NULL THEN s.state ELSE 'void' END AS state, r.code AS returned, n.business_date AS asked_on
FROM payments.ach_entry e
JOIN master.bank_account b ON b.company_id = e.company_id AND b.account_id = e.account_id
JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id
JOIN LATERAL (SELECT state FROM exchange.event x WHERE x.company_id = e.company_id AND x.file_id = e.file_id
              ORDER BY event_no DESC LIMIT 1) s ON true
LEFT JOIN payments.voided v ON v.company_id = e.company_id AND v.entry_id = e.entry_id
LEFT JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
LEFT JOIN payments.instruction n ON n.company_id = e.company_id AND n.purpose = 'reversal' AND n.subject = e.entry_id::text
WHERE e.entry_id = {entry}::bigint OR (e.file_id = {file}::bigint AND e.purpose <> 'prenote')
ORDER BY e.company_id, e.entry_id
