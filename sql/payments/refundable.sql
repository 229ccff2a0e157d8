-- One invoice as a credit: company_id, invoice_id, total_cents, left_cents (zero: used up, or no credit), refunds (asked for
-- so far), sec, account_code (the one the payer, or the group of a list bill, was last drafted from; else a person's of his
-- own subscription or his own first, a group's or the company's own; null: none).
SELECT i.company_id, i.invoice_id, i.total_cents, coalesce(c.left_cents, 0) AS left_cents,
  (SELECT count(*) FROM payments.instruction n WHERE n.company_id = i.company_id AND n.purpose = 'refund'
     AND n.invoice_id = i.invoice_id) AS refunds,
  CASE i.kind WHEN 'list_bill' THEN 'CCD' ELSE 'PPD' END AS sec,
  coalesce(
    (SELECT a.account_code FROM payments.attempt a JOIN billing.invoice p USING (company_id, invoice_id)
     WHERE a.company_id = i.company_id AND p.person_id IS NOT DISTINCT FROM i.person_id AND p.group_code = i.group_code
     ORDER BY a.attempt_id DESC LIMIT 1),
    (SELECT s.account_code FROM master.subscription s WHERE s.company_id = i.company_id AND s.person_id = i.person_id
       AND s.account_code <> '' ORDER BY s.code LIMIT 1),
    (SELECT g.account_code FROM master.sub_group g WHERE i.person_id IS NULL AND g.company_id = i.company_id
       AND g.code = i.group_code AND g.account_code <> ''),
    (SELECT b.code FROM master.bank_account b WHERE b.company_id = i.company_id AND b.owner = 'payer'
       AND b.person_id IS NOT DISTINCT FROM i.person_id
       AND (i.person_id IS NOT NULL OR NOT EXISTS (
         SELECT FROM master.sub_group g WHERE g.company_id = b.company_id AND g.account_code = b.code))
     ORDER BY b.code COLLATE "C" LIMIT 1)) AS account_code
FROM billing.invoice i LEFT JOIN payments.credit_left c USING (company_id, invoice_id)
WHERE i.invoice_id = {invoice}::bigint
