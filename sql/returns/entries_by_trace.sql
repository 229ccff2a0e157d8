-- Entries sent through this bank under these traces (the same trace comes back every night, so several may answer):
-- company_id, entry_id, trace_number, rdfi, amount_cents, signed_cents, purpose, contra, individual_id, attempt_no,
-- account_id, state (of its file),
-- settled, returned (its return code), first_effective (of the first try for the same money), file_id, effective_date.
-- Blocks tell on which nights a trace was given out; without them the index by night could not be used.
SELECT e.company_id, e.entry_id, e.trace_number, left(b.routing, 8) AS rdfi, e.amount_cents,
  e.signed_cents, e.purpose, e.contra, e.individual_id, e.attempt_no,
  e.account_id, s.state, (t.entry_id IS NOT NULL) AS settled, r.code AS returned,
  coalesce(first.effective_date, e.effective_date) AS first_effective, e.file_id, e.effective_date
FROM unnest({traces}::text[]) AS w(trace)
JOIN payments.trace_block k ON k.odfi = left(w.trace, 8) AND k.business_date > {business_date}::date - 366
  AND right(w.trace, 7)::int >= k.first AND right(w.trace, 7)::int < k.first + k.count
JOIN payments.ach_entry e ON e.business_date = k.business_date AND e.trace_number = w.trace
JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id AND f.partner = {partner}
JOIN LATERAL (SELECT state FROM exchange.event v WHERE v.company_id = e.company_id AND v.file_id = e.file_id
              ORDER BY event_no DESC LIMIT 1) s ON true
JOIN master.bank_account b ON b.company_id = e.company_id AND b.account_id = e.account_id
LEFT JOIN banking.settlement t ON t.company_id = e.company_id AND t.entry_id = e.entry_id
LEFT JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
LEFT JOIN payments.attempt a ON e.purpose = 'premium' AND a.company_id = e.company_id AND a.attempt_id = e.source_id
LEFT JOIN payments.attempt a1 ON a1.company_id = a.company_id AND a1.invoice_id = a.invoice_id
  AND a1.payer_part = a.payer_part AND a1.series = a.series AND a1.attempt_no = 1
LEFT JOIN payments.ach_entry first ON first.company_id = a1.company_id AND first.purpose = 'premium'
  AND first.source_id = a1.attempt_id AND first.attempt_no = 1
  AND NOT EXISTS (SELECT FROM payments.voided v WHERE v.company_id = first.company_id AND v.entry_id = first.entry_id)
ORDER BY e.company_id, e.entry_id
