-- Entries whose money has moved for good from the business date on: sent by then, hold over, neither returned nor settled:
-- company_id, entry_id, amount_cents (to us positive, from us negative). Prenotes move none. Files of more than 120 days ago are looked at by a person, not every night.
SELECT e.company_id, e.entry_id, e.signed_cents AS amount_cents
FROM unnest({banks}::text[], {cutoffs}::date[]) AS w(bank, cutoff)
JOIN exchange.file f ON f.kind = 'nacha' AND f.partner = w.bank AND f.business_date > {business_date}::date - 120
JOIN LATERAL (SELECT state FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
                AND v.business_date <= {business_date}::date
              ORDER BY event_no DESC LIMIT 1) s ON s.state IN ('sent', 'acknowledged')
JOIN payments.ach_entry e ON e.company_id = f.company_id AND e.file_id = f.file_id
  AND e.effective_date <= w.cutoff AND e.purpose <> 'prenote'
-- Look-ups by key and no anti-joins: those were planned as every entry against every settlement.
WHERE (SELECT true FROM banking.settlement t WHERE t.company_id = e.company_id AND t.entry_id = e.entry_id) IS NULL
  AND (SELECT true FROM returns.returned r WHERE r.company_id = e.company_id AND r.entry_id = e.entry_id) IS NULL
ORDER BY e.company_id, e.entry_id
