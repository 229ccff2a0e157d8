-- What happened to account versions up to the business date: company_id, account_id, fact, day, run_no (the order in
-- which it was booked), code (of a return or notice; '' else). Facts: validated, released (a payee's hold), settled (an
-- entry drawn on it settled and stayed so), asked (a prenote is instructed), prenote (sent; day: its effective date),
-- refused (a prenote came back), stopped, cured (what stopped it), notice (one that could not be applied).
-- Settled entries are looked up only where it matters: `careful` are the companies whose bank wants accounts proved.
SELECT company_id, account_id, 'validated' AS fact, business_date AS day, run_no, '' AS code FROM payments.validation
WHERE business_date <= {business_date}::date
UNION ALL
SELECT company_id, account_id, 'released', business_date, run_no, '' FROM payments.hold_release
WHERE business_date <= {business_date}::date
UNION ALL
SELECT b.company_id, b.account_id, 'settled', t.business_date, t.run_no, ''
FROM master.bank_account b
JOIN LATERAL (
  SELECT t.business_date, t.run_no FROM payments.ach_entry e
  JOIN banking.settlement t ON t.company_id = e.company_id AND t.entry_id = e.entry_id
  WHERE e.company_id = b.company_id AND e.account_id = b.account_id AND e.amount_cents > 0
    AND t.business_date <= {business_date}::date
    AND NOT EXISTS (SELECT FROM returns.returned r WHERE r.company_id = e.company_id AND r.entry_id = e.entry_id
                    AND r.business_date <= {business_date}::date)
  ORDER BY e.business_date LIMIT 1
) t ON true
WHERE b.validated_on IS NULL AND (b.authorised = 'web' OR b.company_id = ANY ({careful}::int[]))
UNION ALL
SELECT n.company_id, n.account_id, 'asked', n.business_date, n.run_no, '' FROM payments.instruction n
WHERE n.purpose = 'prenote' AND n.business_date <= {business_date}::date
UNION ALL
SELECT e.company_id, e.account_id, 'prenote', e.effective_date, e.run_no, '' FROM payments.ach_entry e
WHERE e.purpose = 'prenote' AND e.business_date <= {business_date}::date
  AND (SELECT v.state FROM exchange.event v WHERE v.company_id = e.company_id AND v.file_id = e.file_id
         AND v.business_date <= {business_date}::date ORDER BY v.event_no DESC LIMIT 1) IN ('sent', 'acknowledged')
UNION ALL
SELECT e.company_id, e.account_id, 'refused', r.business_date, r.run_no, r.code
FROM payments.ach_entry e
JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
WHERE e.purpose = 'prenote' AND r.business_date <= {business_date}::date
UNION ALL
SELECT s.company_id, s.account_id, 'stopped', coalesce(r.day, s.business_date), coalesce(r.run_no, s.run_no), s.code
FROM returns.account_stop s
LEFT JOIN LATERAL (
  SELECT max(r.business_date) AS day, max(r.run_no) AS run_no FROM payments.ach_entry e
  JOIN returns.returned r ON r.company_id = e.company_id AND r.entry_id = e.entry_id
  WHERE e.company_id = s.company_id AND e.account_id = s.account_id AND r.code = s.code
    AND r.business_date <= {business_date}::date
) r ON true
WHERE s.business_date <= {business_date}::date
UNION ALL
SELECT e.company_id, e.account_id, 'cured', c.business_date, c.run_no, r.code
FROM payments.cure c
JOIN payments.ach_entry e ON e.company_id = c.company_id AND e.entry_id = c.entry_id
JOIN returns.returned r ON r.company_id = c.company_id AND r.entry_id = c.entry_id
WHERE c.business_date <= {business_date}::date
UNION ALL
SELECT e.company_id, e.account_id, 'notice', n.business_date, n.run_no, n.code
FROM returns.notice n
JOIN payments.ach_entry e ON e.company_id = n.company_id AND e.entry_id = n.entry_id
WHERE n.business_date <= {business_date}::date AND n.outcome LIKE 'not applied:%'
  AND n.outcome <> 'not applied: it is about nothing that an account holds'
ORDER BY company_id, account_id, fact, run_no, code
