-- Control accounts that are not the sum of their subledgers, per company: failure.
-- Every account: entries count against what they were booked against (contra), signed: money to us is positive.
WITH lines AS (
       SELECT company_id, sum(amount_cents) AS cents, coalesce(sum(amount_cents) FILTER (WHERE kind = 'write_off'), 0) AS lost
       FROM billing.line GROUP BY 1),
     moved AS (
       SELECT company_id, contra, signed_cents AS cents, 0::bigint AS cleared, 0::bigint AS cash FROM payments.ach_entry
       WHERE signed_cents <> 0
       UNION ALL
       SELECT e.company_id, e.contra, -e.signed_cents, 0, 0
       FROM payments.voided v JOIN payments.ach_entry e USING (company_id, entry_id)
       UNION ALL
       SELECT e.company_id, e.contra, -e.signed_cents, CASE WHEN r.after_settlement THEN -e.signed_cents ELSE 0 END,
         CASE WHEN r.after_settlement THEN -e.signed_cents ELSE 0 END
       FROM returns.returned r JOIN payments.ach_entry e USING (company_id, entry_id)
       UNION ALL
       SELECT company_id, NULL, 0, amount_cents, amount_cents FROM banking.settlement),
     -- cents: what entries took from their contra account; cleared: of it, what has left the clearing account.
     entries AS (
       SELECT company_id, sum(cents) AS cents, sum(cleared) AS cleared, sum(cash) AS cash,
         coalesce(sum(cents) FILTER (WHERE contra = 1100), 0) AS receivable,
         coalesce(sum(cents) FILTER (WHERE contra = 2100), 0) AS vendor,
         coalesce(sum(cents) FILTER (WHERE contra = 2200), 0) AS commission,
         coalesce(sum(cents) FILTER (WHERE contra = 4000), 0) AS fee
       FROM moved GROUP BY 1),
     vendors AS (SELECT company_id, sum(amount_cents) AS cents FROM payables.accrual GROUP BY 1),
     agents AS (SELECT company_id, sum(amount_cents) AS cents FROM commissions.accrual GROUP BY 1),
     recorded AS (SELECT company_id, account, sum(amount_cents) AS cents FROM ledger.posting GROUP BY 1, 2),
     -- Margin has no rows but its own journals.
     margin AS (
       SELECT p.company_id, -sum(p.amount_cents) AS cents FROM ledger.journal j JOIN ledger.posting p
         ON p.company_id = j.company_id AND p.journal_id = j.journal_id AND p.account = 4000
       WHERE j.event = 'margin_earned' GROUP BY 1),
     expected AS (
       SELECT c.company_id, x.account, x.cents
       FROM unnest({companies}::int[]) AS c (company_id)
       LEFT JOIN lines USING (company_id) LEFT JOIN entries e USING (company_id) LEFT JOIN margin USING (company_id)
       LEFT JOIN vendors USING (company_id) LEFT JOIN agents USING (company_id)
       CROSS JOIN LATERAL (VALUES
         (1000, coalesce(e.cash, 0)),
         (1100, coalesce(lines.cents, 0) - coalesce(e.receivable, 0)),
         (1200, coalesce(e.cents, 0) - coalesce(e.cleared, 0)),
         (2000, coalesce(vendors.cents, 0) + coalesce(agents.cents, 0) + coalesce(margin.cents, 0) - coalesce(lines.cents, 0) + coalesce(lines.lost, 0)),
         (2100, -coalesce(vendors.cents, 0) - coalesce(e.vendor, 0)),
         (2200, -coalesce(agents.cents, 0) - coalesce(e.commission, 0)),
         (4000, -coalesce(margin.cents, 0) - coalesce(e.fee, 0)),
         (5000, -coalesce(lines.lost, 0))) AS x (account, cents))
SELECT format('company %s, account %s %s: the ledger says %s cents, its subledger %s', e.company_id, e.account, a.name,
  coalesce(r.cents, 0), e.cents) AS failure
FROM expected e JOIN ledger.account a USING (account) LEFT JOIN recorded r USING (company_id, account)
WHERE coalesce(r.cents, 0) <> e.cents
ORDER BY e.company_id, e.account
