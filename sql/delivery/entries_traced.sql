-- Every ACH entry that answers what is asked, oldest first, with the file it went in and what became of it: company,
-- entry_id, purpose, about (what it is for), invoice_id, attempt_no, cut, direction, amount_cents, sec, description,
-- individual_id, account_last4, batch_number, trace_number, business_date, effective_date, file_id, file, partner,
-- sequence, path (null: not delivered by us), state (of the file), state_on, note, sent_on, voided_on, recut_as (the entry
-- that took its place), returned (code), returned_on, notices (codes), settled_on, reverses, reversed_by.
-- Each of {invoice}, {entry}, {trace}, {member} (code of a person) and {amount} (cents) may be null: not asked.
WITH person AS (
  SELECT company_id, coalesce(subscriber_id, person_id) AS person_id FROM master.person WHERE code = {member}::text
), theirs AS (
  SELECT i.company_id, i.invoice_id FROM billing.invoice i JOIN person USING (company_id, person_id)
  UNION ALL
  SELECT company_id, {invoice}::bigint FROM unnest({companies}::int[]) AS x (company_id) WHERE {invoice}::bigint IS NOT NULL
), of_invoice AS (
  SELECT v.company_id, v.entry_id, v.invoice_id FROM theirs JOIN payments.invoice_entry v USING (company_id, invoice_id)
), fees AS (
  SELECT e.company_id, e.entry_id, o.invoice_id FROM of_invoice o
  JOIN payments.instruction n ON n.company_id = o.company_id AND n.purpose = 'return_fee' AND n.subject = o.entry_id::text
  JOIN payments.ach_entry e ON e.company_id = n.company_id AND e.purpose = 'return_fee' AND e.source_id = n.instruction_id
), asked AS (
  SELECT e.*, (SELECT v.invoice_id FROM payments.invoice_entry v
    WHERE v.company_id = e.company_id AND v.entry_id = (CASE WHEN e.purpose <> 'return_fee' THEN e.entry_id
      ELSE (SELECT n.subject::bigint FROM payments.instruction n
            WHERE n.company_id = e.company_id AND n.instruction_id = e.source_id) END)) AS invoice_id
  FROM payments.ach_entry e
  WHERE ({entry}::bigint IS NULL OR e.entry_id = {entry}::bigint)
    AND ({trace}::text IS NULL OR e.trace_number = {trace}::text)
    AND ({amount}::bigint IS NULL OR e.amount_cents = {amount}::bigint)
    AND ({invoice}::bigint IS NULL OR (e.company_id, e.entry_id) IN (
      SELECT company_id, entry_id FROM of_invoice WHERE invoice_id = {invoice}::bigint
      UNION ALL SELECT company_id, entry_id FROM fees WHERE invoice_id = {invoice}::bigint))
    AND ({member}::text IS NULL OR (e.company_id, e.entry_id) IN (
      SELECT o.company_id, o.entry_id FROM of_invoice o JOIN theirs USING (company_id, invoice_id)
        JOIN billing.invoice i USING (company_id, invoice_id) JOIN person p USING (company_id, person_id)
      UNION ALL SELECT a.company_id, a.entry_id FROM person p
        JOIN master.bank_account b USING (company_id, person_id)
        JOIN payments.ach_entry a ON a.company_id = b.company_id AND a.account_id = b.account_id))
)
SELECT c.code AS company, e.entry_id, e.purpose,
  CASE WHEN e.purpose = 'premium' THEN (SELECT format('invoice %s part %s attempt %s', a.invoice_id, a.payer_part, a.attempt_no)
      FROM payments.attempt a WHERE a.company_id = e.company_id AND a.attempt_id = e.source_id)
    ELSE (SELECT format('%s %s', replace(n.purpose, '_', ' '), n.subject)
      FROM payments.instruction n WHERE n.company_id = e.company_id AND n.instruction_id = e.source_id) END AS about,
  e.invoice_id, e.attempt_no::int AS attempt_no, e.cut::int AS cut,
  CASE WHEN e.transaction_code % 10 >= 5 THEN 'debit' ELSE 'credit' END AS direction, e.amount_cents, e.sec,
  e.description, e.individual_id, b.account_last4, e.batch_number, e.trace_number, e.business_date::text AS business_date,
  e.effective_date::text AS effective_date, e.file_id, f.name AS file, f.partner, f.sequence, r.remote_path AS path,
  s.state, s.business_date::text AS state_on, s.detail AS note,
  (SELECT min(t.business_date)::text FROM exchange.event t WHERE t.company_id = e.company_id AND t.file_id = e.file_id
   AND t.state = 'sent') AS sent_on,
  d.business_date::text AS voided_on,
  (SELECT o.entry_id FROM payments.ach_entry o WHERE o.company_id = e.company_id AND o.purpose = e.purpose
   AND o.source_id = e.source_id AND o.attempt_no = e.attempt_no AND o.cut = e.cut + 1) AS recut_as,
  x.code AS returned, x.business_date::text AS returned_on,
  (SELECT coalesce(array_agg(n.code ORDER BY n.code), '{{}}') FROM returns.notice n
   WHERE n.company_id = e.company_id AND n.entry_id = e.entry_id) AS notices,
  t.business_date::text AS settled_on, e.reverses,
  (SELECT max(o.entry_id) FROM payments.ach_entry o WHERE o.company_id = e.company_id AND o.reverses = e.entry_id) AS reversed_by
FROM asked e
JOIN master.company c USING (company_id)
JOIN master.bank_account b ON b.company_id = e.company_id AND b.account_id = e.account_id
JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id
JOIN LATERAL (SELECT v.state, v.business_date, v.detail FROM exchange.event v
              WHERE v.company_id = e.company_id AND v.file_id = e.file_id ORDER BY v.event_no DESC LIMIT 1) s ON true
LEFT JOIN exchange.receipt r ON r.company_id = e.company_id AND r.file_id = e.file_id
LEFT JOIN payments.voided d ON d.company_id = e.company_id AND d.entry_id = e.entry_id
LEFT JOIN returns.returned x ON x.company_id = e.company_id AND x.entry_id = e.entry_id
LEFT JOIN banking.settlement t ON t.company_id = e.company_id AND t.entry_id = e.entry_id
ORDER BY c.code, e.entry_id
