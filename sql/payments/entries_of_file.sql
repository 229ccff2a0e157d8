-- The entries of one file with the account versions they were drafted from, in the order of their traces: entry_id,
-- batch_number, sec, description, transaction_code, effective_date, amount_cents, individual_id, trace_number,
-- addenda, routing, account_sealed, holder_name.
SELECT e.company_id, e.entry_id, e.batch_number, e.sec, e.description, e.transaction_code, e.effective_date, e.amount_cents,
  e.individual_id, e.trace_number, e.addenda, b.routing, b.account_sealed, b.holder_name
FROM payments.ach_entry e JOIN master.bank_account b USING (company_id, account_id)
WHERE e.company_id = {company} AND e.file_id = {file_id}
ORDER BY e.trace_number
