-- Everything booked of a subscription with where it went: fee, coverage_start, coverage_end, part, debtor, revision, kind,
-- amount_cents, price_id, cause, line_id, corrects, invoice_id, bill_date, due_date, payer (a member's code; '' the
-- company), group_code, document_no, attempt_no, attempted_on and ach_state of the last draft (null: none).
SELECT f.code AS fee, l.coverage_start, l.coverage_end, l.part, l.debtor, l.revision, l.kind, l.amount_cents, l.price_id,
  l.cause, l.line_id, l.corrects, l.invoice_id, i.bill_date, i.due_date, coalesce(m.code, '') AS payer, i.group_code,
  d.document_no, a.attempt_no, a.business_date AS attempted_on, a.ach_state
FROM billing.line l
JOIN billing.invoice i USING (company_id, invoice_id)
JOIN master.fee f USING (fee_id)
LEFT JOIN master.person m ON m.company_id = i.company_id AND m.person_id = i.person_id
LEFT JOIN billing.document d ON d.company_id = i.company_id AND d.kind = 'invoice' AND d.subject = i.invoice_id::text
LEFT JOIN LATERAL (
  SELECT t.attempt_no, t.business_date,
    CASE WHEN e.entry_id IS NULL THEN 'planned' WHEN r.code IS NOT NULL THEN 'returned ' || r.code ELSE v.state END AS ach_state
  FROM payments.attempt t
  LEFT JOIN payments.ach_entry e ON e.company_id = t.company_id AND e.purpose = 'premium' AND e.source_id = t.attempt_id
  LEFT JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
  LEFT JOIN LATERAL (SELECT x.state FROM exchange.event x WHERE x.company_id = e.company_id AND x.file_id = e.file_id
                     ORDER BY x.event_no DESC LIMIT 1) v ON true
  WHERE t.company_id = i.company_id AND t.invoice_id = i.invoice_id
  ORDER BY t.attempt_no DESC LIMIT 1
) a ON true
WHERE l.company_id = {company_id}::int AND l.subscription_id = {subscription_id}::int
ORDER BY l.coverage_start, f.code COLLATE "C", l.part, l.debtor, l.revision, l.line_id
