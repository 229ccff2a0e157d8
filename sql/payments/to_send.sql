-- Attempts and instructions that are in no file, or only in void ones, with their company: company_id, company_code,
-- company_bank, ach_company_id, ach_company_name, purpose, source_id, attempt_no, cut (the next), direction (debit,
-- credit), payer (person, 0: the company itself, null: an agent or vendor), account_code, pinned_id (this very account
-- version; null: the newest), amount_cents, sec, description, individual_id, wanted_date, not_after (null: any day),
-- same_day, asked_on, addenda, contra (what it is booked against), reverses (entry_id), sent_through (the bank of the
-- entry it reverses or tries again), back (the code under which that entry has come back, null: it has not), subject (words).
-- One look-up in the unique index per source: as an anti-join the planner, whose guess of what row-level security lets
-- through is far too low, once compared every attempt with every entry.
WITH source AS (
  SELECT a.company_id, 'premium' AS purpose, a.attempt_id AS source_id, a.attempt_no, 'debit' AS direction,
    a.invoice_id, NULL::int AS payer, a.account_code, NULL::int AS pinned_id, a.amount_cents, a.sec,
    CASE WHEN a.attempt_no = 1 THEN 'PREMIUM' ELSE 'RETRY PYMT' END AS description,
    a.invoice_id::text AS individual_id, a.wanted_date, NULL::date AS not_after, a.same_day,
    a.business_date AS asked_on, '' AS addenda, 1100 AS contra, NULL::bigint AS reverses,
    format('invoice %s part %s attempt %s', a.invoice_id, a.payer_part, a.attempt_no) AS subject
  FROM payments.attempt a
  WHERE a.business_date <= {business_date}::date
  UNION ALL
  SELECT n.company_id, n.purpose, n.instruction_id, 1::smallint, n.direction, NULL, b.payer, n.account_code, n.account_id,
    n.amount_cents, n.sec, n.description, n.individual_id, n.wanted_date, n.not_after, n.same_day,
    n.business_date, n.addenda,
    CASE n.purpose WHEN 'return_fee' THEN 4000 WHEN 'commission' THEN 2200 WHEN 'remittance' THEN 2100
      WHEN 'reversal' THEN coalesce(r.contra, 1100) ELSE 1100 END,
    n.reverses, format('%s %s', replace(n.purpose, '_', ' '), n.subject)
  FROM payments.instruction n
  LEFT JOIN payments.ach_entry r ON r.company_id = n.company_id AND r.entry_id = n.reverses
  LEFT JOIN LATERAL (SELECT CASE WHEN b.owner = 'payer' THEN coalesce(b.person_id, 0) END AS payer
                     FROM master.bank_account b WHERE b.company_id = n.company_id AND b.code = n.account_code
                     ORDER BY b.version DESC LIMIT 1) b ON true
  WHERE n.business_date <= {business_date}::date
), waiting AS (
  SELECT s.*, coalesce((SELECT max(e.cut) FROM payments.ach_entry e WHERE e.company_id = s.company_id
    AND e.purpose = s.purpose AND e.source_id = s.source_id AND e.attempt_no = s.attempt_no), 0) + 1 AS cut
  FROM source s
  WHERE (SELECT true FROM payments.ach_entry e WHERE e.company_id = s.company_id AND e.purpose = s.purpose
           AND e.source_id = s.source_id AND e.attempt_no = s.attempt_no
           AND (SELECT true FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id) IS NULL
         LIMIT 1) IS NULL
)
SELECT w.company_id, c.code AS company_code, c.bank AS company_bank, c.ach_company_id, c.ach_company_name, w.purpose,
  w.source_id, w.attempt_no, w.cut::smallint AS cut, w.direction,
  CASE w.purpose WHEN 'premium' THEN coalesce((SELECT i.person_id FROM billing.invoice i
    WHERE i.company_id = w.company_id AND i.invoice_id = w.invoice_id), 0) ELSE w.payer END AS payer,
  w.account_code, w.pinned_id, w.amount_cents, w.sec, w.description, w.individual_id, w.wanted_date, w.not_after, w.same_day,
  w.asked_on, w.addenda, w.contra, w.reverses,
  CASE WHEN w.purpose = 'premium' AND w.attempt_no > 1 THEN
    (SELECT f.partner FROM payments.attempt a
     JOIN payments.attempt p ON p.company_id = a.company_id AND p.invoice_id = a.invoice_id
       AND p.payer_part = a.payer_part AND p.series = a.series AND p.attempt_no = 1
     JOIN payments.ach_entry e ON e.company_id = p.company_id AND e.purpose = 'premium' AND e.source_id = p.attempt_id
     JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id
     WHERE a.company_id = w.company_id AND a.attempt_id = w.source_id ORDER BY e.cut DESC LIMIT 1)
  ELSE (SELECT f.partner FROM payments.ach_entry e JOIN exchange.file f USING (company_id, file_id)
        WHERE e.company_id = w.company_id AND e.entry_id = w.reverses) END AS sent_through,
  (SELECT r.code FROM returns.returned r WHERE r.company_id = w.company_id AND r.entry_id = w.reverses
     AND r.business_date <= {business_date}::date) AS back, w.subject
FROM waiting w JOIN master.company c USING (company_id)
ORDER BY w.company_id, w.purpose, w.source_id, w.attempt_no
