-- Invoice parts whose last attempt came back by this business date, or was reversed by us (code REVERSED, no retry): company_id, invoice_id, payer, group_code, kind,
-- payer_part, series, attempt_no, account_code, account_id (the version the entry was drafted from), sec, amount_cents (of the
-- attempt), open_cents (of the invoice: total less credits and attempts that did not come back), entry_id, code,
-- returned_on (the return's settlement day), retry_on, first_effective (of the first draft of its series), same_name
-- (the company's name and id are still those of that draft), cause (a person's cure of this return, null: none).
WITH back AS (
  SELECT a.company_id, a.attempt_id, a.invoice_id, a.payer_part, a.series, a.attempt_no, a.account_code, e.account_id,
    a.sec, a.amount_cents, e.entry_id, e.file_id, e.effective_date, r.code, r.settlement_date AS returned_on, r.retry_on
  FROM (
    SELECT company_id, entry_id, code, settlement_date, retry_on, business_date FROM returns.returned
    UNION ALL
    SELECT v.company_id, v.reverses, 'REVERSED', v.effective_date, NULL, v.business_date FROM payments.ach_entry v
    WHERE v.reverses IS NOT NULL
      AND NOT EXISTS (SELECT FROM payments.voided x WHERE x.company_id = v.company_id AND x.entry_id = v.entry_id)
      AND NOT EXISTS (SELECT FROM returns.returned x WHERE x.company_id = v.company_id
                        AND x.entry_id IN (v.entry_id, v.reverses))
  ) r
  JOIN payments.ach_entry e ON e.company_id = r.company_id AND e.entry_id = r.entry_id AND e.purpose = 'premium'
  JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
  WHERE r.business_date <= {business_date}::date
), credit AS (
  SELECT company_id, to_invoice AS invoice_id, sum(amount_cents) AS cents FROM payments.credit_use GROUP BY 1, 2
), live AS (
  SELECT o.company_id, o.invoice_id, sum(o.amount_cents) AS cents
  FROM (SELECT DISTINCT company_id, invoice_id FROM back) t
  JOIN payments.attempt o USING (company_id, invoice_id)
  LEFT JOIN back x ON x.company_id = o.company_id AND x.attempt_id = o.attempt_id
  WHERE x.attempt_id IS NULL
  GROUP BY 1, 2
)
SELECT b.company_id, b.invoice_id, coalesce(i.person_id, 0) AS payer, i.group_code, i.kind, b.payer_part, b.series, b.attempt_no,
  b.account_code, b.account_id, b.sec, b.amount_cents,
  (i.total_cents - coalesce(credit.cents, 0) - coalesce(live.cents, 0))::bigint AS open_cents,
  b.entry_id, b.code, b.returned_on, b.retry_on,
  (SELECT min(f.effective_date) FROM back f WHERE f.company_id = b.company_id AND f.invoice_id = b.invoice_id
     AND f.payer_part = b.payer_part AND f.series = b.series) AS first_effective,
  coalesce((SELECT h.company_name = c.ach_company_name AND coalesce(h.ach_company_id, h.origin) = c.ach_company_id
            FROM payments.ach_file h WHERE h.company_id = b.company_id AND h.file_id = b.file_id), true) AS same_name,
  (SELECT u.cause FROM payments.cure u WHERE u.company_id = b.company_id AND u.entry_id = b.entry_id
     AND u.business_date <= {business_date}::date) AS cause
FROM back b
JOIN billing.invoice i USING (company_id, invoice_id)
JOIN master.company c USING (company_id)
LEFT JOIN credit USING (company_id, invoice_id)
LEFT JOIN live USING (company_id, invoice_id)
WHERE NOT EXISTS (SELECT FROM payments.attempt n WHERE n.company_id = b.company_id AND n.invoice_id = b.invoice_id
  AND n.payer_part = b.payer_part AND (n.series, n.attempt_no) > (b.series, b.attempt_no))
ORDER BY b.company_id, b.invoice_id, b.payer_part
