-- ACH files of this night whose registered totals are not those of their entries: failure.
SELECT format('file %s of company %s: %s entries and %s cents of debits registered, %s and %s in its entries',
  f.file_id, f.company_id, f.records, f.debit_cents, count(e.entry_id), coalesce(sum(e.amount_cents), 0)) AS failure
FROM exchange.file f LEFT JOIN payments.ach_entry e USING (company_id, file_id)
WHERE f.kind = 'nacha' AND f.business_date = {business_date}::date
GROUP BY f.company_id, f.file_id, f.records, f.debit_cents, f.credit_cents
HAVING f.records <> count(e.entry_id) OR f.debit_cents + f.credit_cents <> coalesce(sum(e.amount_cents), 0)
ORDER BY f.company_id, f.file_id
