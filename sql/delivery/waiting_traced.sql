-- What is asked for and is in no file that stands, with why if it is known: company, about, invoice_id, amount_cents,
-- wanted_date, reason. Asked by {invoice} or {member} (code of a person), either may be null.
WITH source AS (
  SELECT a.company_id, 'premium' AS purpose, a.attempt_id AS source_id, a.attempt_no, a.invoice_id, a.amount_cents, a.wanted_date,
    a.account_code, format('invoice %s part %s attempt %s', a.invoice_id, a.payer_part, a.attempt_no) AS about
  FROM payments.attempt a
  UNION ALL
  SELECT n.company_id, n.purpose, n.instruction_id, 1, n.invoice_id, n.amount_cents, n.wanted_date, n.account_code,
    format('%s %s', replace(n.purpose, '_', ' '), n.subject)
  FROM payments.instruction n
)
SELECT c.code AS company, s.about, s.invoice_id, s.amount_cents, s.wanted_date::text AS wanted_date,
  (SELECT q.reason FROM audit.quarantine q WHERE q.company_id = s.company_id AND q.step = 'payments.originate'
   AND q.subject = s.about ORDER BY q.business_date DESC, q.rule LIMIT 1) AS reason
FROM source s JOIN master.company c USING (company_id)
LEFT JOIN billing.invoice i ON i.company_id = s.company_id AND i.invoice_id = s.invoice_id
WHERE ({invoice}::bigint IS NULL OR s.invoice_id = {invoice}::bigint)
  AND ({member}::text IS NULL OR EXISTS (
    SELECT FROM master.person p WHERE p.company_id = s.company_id AND p.code = {member}
      AND coalesce(p.subscriber_id, p.person_id) = coalesce(i.person_id, (SELECT b.person_id FROM master.bank_account b
        WHERE b.company_id = s.company_id AND b.code = s.account_code ORDER BY b.version LIMIT 1))))
  AND (SELECT true FROM payments.ach_entry e WHERE e.company_id = s.company_id AND e.purpose = s.purpose
         AND e.source_id = s.source_id AND e.attempt_no = s.attempt_no
         AND (SELECT true FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id) IS NULL
       LIMIT 1) IS NULL
ORDER BY c.code, s.about
