-- What payers should have on paper or by mail since a number of days: company_id, kind, subject, on_date (the day it is
-- about), person_id (null: the company), rank and place (its order). Companies that ask for documents get every invoice, receipt and
-- memo, and for a list bill what employees owe of it for the payroll; a step of a dunning ladder is told to everyone.
WITH asks AS (
  SELECT company_id, greatest(documents_from, {business_date}::date - {days}::int) AS since FROM master.company
  WHERE documents_from <= {business_date}::date
)
SELECT i.company_id, 'invoice' AS kind, i.invoice_id::text AS subject, i.bill_date AS on_date, i.person_id,
  1 AS rank, i.invoice_id AS place
FROM billing.invoice i JOIN asks USING (company_id)
WHERE i.bill_date BETWEEN since AND {business_date}::date
UNION ALL
SELECT t.company_id, 'receipt', t.entry_id::text, t.business_date, i.person_id, 2, t.entry_id
FROM banking.settlement t JOIN asks USING (company_id)
JOIN payments.ach_entry e ON e.company_id = t.company_id AND e.entry_id = t.entry_id
JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
JOIN billing.invoice i ON i.company_id = a.company_id AND i.invoice_id = a.invoice_id
WHERE e.purpose = 'premium' AND t.amount_cents > 0 AND t.business_date BETWEEN since AND {business_date}::date
  -- Nobody is thanked for money that went back before it was ours.
  AND NOT EXISTS (SELECT FROM payments.undone x
                  WHERE x.company_id = e.company_id AND x.entry_id = e.entry_id AND x.business_date <= t.business_date)
UNION ALL
-- A memo that needs a second person is none before he agreed.
SELECT m.company_id, 'memo', m.memo_id::text, coalesce(k.business_date, m.business_date), i.person_id, 3, m.memo_id
FROM billing.memo m JOIN asks USING (company_id)
JOIN billing.line l ON l.company_id = m.company_id AND l.line_id = m.line_id
JOIN billing.invoice i ON i.company_id = l.company_id AND i.invoice_id = l.invoice_id
LEFT JOIN billing.consent k ON k.company_id = m.company_id AND k.kind = 'memo' AND k.subject = m.memo_id::text AND k.granted
WHERE (NOT m.needs_approval OR k.company_id IS NOT NULL)
  AND coalesce(k.business_date, m.business_date) BETWEEN since AND {business_date}::date
UNION ALL
-- Nobody is told that coverage has ended before somebody allowed it: the letter is of the day of the lapse.
SELECT u.company_id, 'reminder', u.invoice_id || '/' || u.step, coalesce(s.since, u.business_date), i.person_id, 4,
  u.invoice_id * 100 + u.step
FROM billing.dunning u JOIN billing.invoice i USING (company_id, invoice_id)
LEFT JOIN LATERAL (
  SELECT min(s.business_date) AS since FROM billing.standing s
  WHERE u.action = 'lapse' AND s.company_id = u.company_id AND s.invoice_id = u.invoice_id AND s.event = 'lapse') s ON true
WHERE (u.action <> 'lapse' OR s.since IS NOT NULL)
  AND coalesce(s.since, u.business_date) BETWEEN {business_date}::date - {days}::int AND {business_date}::date
UNION ALL
SELECT i.company_id, 'deductions', i.invoice_id::text, i.bill_date, i.person_id, 5, i.invoice_id
FROM billing.invoice i JOIN asks USING (company_id)
WHERE i.kind = 'list_bill' AND i.bill_date BETWEEN since AND {business_date}::date AND EXISTS (
  SELECT FROM billing.line l WHERE l.company_id = i.company_id AND l.invoice_id = i.invoice_id AND l.debtor = -2)
