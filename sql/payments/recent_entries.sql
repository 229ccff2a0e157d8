-- Entries that move money, of business dates from `since` on, but reversals: company_id, entry_id, file_id, file (its
-- name), purpose, direction, routing, account_blind, amount_cents, individual_id, effective_date, business_date.
SELECT e.company_id, e.entry_id, e.file_id, h.name AS file, e.purpose,
  CASE WHEN e.transaction_code % 10 >= 5 THEN 'debit' ELSE 'credit' END AS direction,
  b.routing, b.account_blind, e.amount_cents, e.individual_id, e.effective_date, e.business_date
FROM payments.ach_entry e
JOIN master.bank_account b USING (company_id, account_id)
JOIN exchange.file h USING (company_id, file_id)
WHERE e.business_date BETWEEN {since}::date AND {business_date}::date AND e.amount_cents > 0 AND e.purpose <> 'reversal'
