-- Control accounts that are not the sum of their subledger, per company: failure.
WITH lines AS (SELECT company_id, sum(amount_cents) AS cents FROM billing.line GROUP BY 1),
     entries AS (SELECT company_id, sum(amount_cents) AS cents FROM payments.ach_entry WHERE purpose = 'premium' GROUP BY 1),
     settled AS (SELECT company_id, sum(amount_cents) AS cents FROM banking.settlement GROUP BY 1),
     returned AS (SELECT company_id,
                    coalesce(sum(amount_cents) FILTER (WHERE NOT after_settlement), 0) AS before_cents,
                    coalesce(sum(amount_cents) FILTER (WHERE after_settlement), 0) AS after_cents
                  FROM returns.returned GROUP BY 1),
     vendors AS (SELECT company_id, sum(amount_cents) AS cents FROM payables.accrual GROUP BY 1),
     agents AS (SELECT company_id, sum(amount_cents) AS cents FROM commissions.accrual GROUP BY 1),
     expected AS (
       SELECT c.company_id, x.account, x.cents
       FROM unnest({companies}::int[]) AS c (company_id)
       LEFT JOIN lines USING (company_id) LEFT JOIN entries USING (company_id) LEFT JOIN settled USING (company_id)
       LEFT JOIN returned USING (company_id) LEFT JOIN vendors USING (company_id) LEFT JOIN agents USING (company_id)
       CROSS JOIN LATERAL (VALUES
         (1000, coalesce(settled.cents, 0) - coalesce(returned.after_cents, 0)),
         (1100, coalesce(lines.cents, 0) - coalesce(entries.cents, 0)
                + coalesce(returned.before_cents, 0) + coalesce(returned.after_cents, 0)),
         (1200, coalesce(entries.cents, 0) - coalesce(settled.cents, 0) - coalesce(returned.before_cents, 0)),
         (2100, -coalesce(vendors.cents, 0)),
         (2200, -coalesce(agents.cents, 0))) AS x (account, cents)),
     recorded AS (SELECT company_id, account, sum(amount_cents) AS cents FROM ledger.posting GROUP BY 1, 2)
SELECT format('company %s, account %s %s: the ledger says %s cents, its subledger %s', e.company_id, e.account, a.name,
  coalesce(r.cents, 0), e.cents) AS failure
FROM expected e JOIN ledger.account a USING (account) LEFT JOIN recorded r USING (company_id, account)
WHERE coalesce(r.cents, 0) <> e.cents
ORDER BY e.company_id, e.account
