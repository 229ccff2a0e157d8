-- One entry and what became of it: entry_id, purpose, code (of its return; REVERSED; null: neither), returned_on (the return's
-- settlement day), cured_by (who said so before, null: nobody), answered (a later attempt is on record).
SELECT e.entry_id, e.purpose, CASE WHEN r.entry_id IS NULL AND u.entry_id IS NOT NULL THEN 'REVERSED' ELSE r.code END AS code,
  coalesce(r.settlement_date, u.business_date) AS returned_on, c.actor AS cured_by,
  EXISTS (SELECT FROM payments.attempt a JOIN payments.attempt n ON n.company_id = a.company_id
            AND n.invoice_id = a.invoice_id AND n.payer_part = a.payer_part
            AND (n.series, n.attempt_no) > (a.series, a.attempt_no)
          WHERE e.purpose = 'premium' AND a.company_id = e.company_id AND a.attempt_id = e.source_id) AS answered
FROM payments.ach_entry e
LEFT JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
LEFT JOIN payments.undone u ON u.company_id = e.company_id AND u.entry_id = e.entry_id AND u.how = 'reversed'
LEFT JOIN payments.cure c ON c.company_id = e.company_id AND c.entry_id = e.entry_id
WHERE e.entry_id = {entry}::bigint
