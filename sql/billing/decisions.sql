-- What asks, or asked, for a second person: company, kind, number (of the memo, or of the unpaid invoice), payer (a
-- member's code; '' the company), amount_cents (of the memo; open when the lapse was reached), asked_on, requested_by,
-- reason, decided_by, granted, decided_on (null: nobody yet), waits (nobody has decided, and it still matters).
SELECT c.code AS company, a.kind, a.number, coalesce(p.code, '') AS payer, a.amount_cents, a.asked_on, a.requested_by,
  a.reason, k.granted_by AS decided_by, k.granted, k.business_date AS decided_on, k.company_id IS NULL AND a.matters AS waits
FROM (
  SELECT m.company_id, 'memo' AS kind, m.memo_id AS number, i.person_id, m.amount_cents, m.business_date AS asked_on,
    m.requested_by, m.reason, true AS matters
  FROM billing.memo m
  JOIN billing.line l USING (company_id, line_id)
  JOIN billing.invoice i USING (company_id, invoice_id)
  WHERE m.needs_approval
  UNION ALL
  SELECT d.company_id, 'lapse', d.invoice_id, i.person_id, d.open_cents, d.business_date, 'night',
    (d.business_date - i.due_date) || ' days after it was due', i.total_cents + coalesce(v.cents, 0) > 0
  FROM billing.dunning d
  JOIN billing.invoice i USING (company_id, invoice_id)
  LEFT JOIN LATERAL (SELECT sum(v.owed_cents) AS cents FROM payments.invoice_move v
                     WHERE v.company_id = d.company_id AND v.invoice_id = d.invoice_id) v ON true
  WHERE d.action = 'lapse'
) a
JOIN master.company c USING (company_id)
LEFT JOIN master.person p ON p.company_id = a.company_id AND p.person_id = a.person_id
LEFT JOIN billing.consent k ON k.company_id = a.company_id AND k.kind = a.kind AND k.subject = a.number::text
ORDER BY c.code, a.kind DESC, a.asked_on, a.number
