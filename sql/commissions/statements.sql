-- Commission per agent up to the business date, split at the book's last commission run before it:
-- agent, name, since (last run, null for the first), opening_cents, accrued_cents, reversed_cents (positive), paid_cents
-- (payouts cut into files, less those that came back, were reversed or made void; below zero when more came back).
WITH last AS (
  SELECT max(r.business_date) AS since FROM reports.report r JOIN master.book b USING (book_id)
  WHERE b.code = {book} AND r.name = {report} AND r.business_date < {business_date}::date
), paid AS (
  SELECT company_id, entry_id, account_id, signed_cents AS cents, business_date FROM payments.ach_entry WHERE contra = 2200
  UNION ALL
  SELECT e.company_id, e.entry_id, e.account_id, -e.signed_cents, v.business_date
  FROM payments.voided v JOIN payments.ach_entry e USING (company_id, entry_id) WHERE e.contra = 2200
  UNION ALL
  SELECT e.company_id, e.entry_id, e.account_id, -e.signed_cents, r.business_date
  FROM returns.returned r JOIN payments.ach_entry e USING (company_id, entry_id) WHERE e.contra = 2200
), moved AS (
  SELECT g.agent_id, a.amount_cents AS cents, a.business_date, false AS payout
  FROM commissions.accrual a JOIN master.agent g USING (agent_id)
  UNION ALL
  SELECT g.agent_id, p.cents, p.business_date, true
  FROM paid p JOIN master.bank_account b USING (company_id, account_id)
  JOIN master.agent g ON b.owner = 'agent' AND g.code = b.owner_code
)
SELECT g.code AS agent, g.name, l.since,
  coalesce(sum(m.cents) FILTER (WHERE m.business_date <= l.since), 0)::bigint AS opening_cents,
  coalesce(sum(m.cents) FILTER (WHERE NOT m.payout AND m.cents > 0 AND (m.business_date <= l.since) IS NOT TRUE), 0)::bigint
    AS accrued_cents,
  coalesce(-sum(m.cents) FILTER (WHERE NOT m.payout AND m.cents < 0 AND (m.business_date <= l.since) IS NOT TRUE), 0)::bigint
    AS reversed_cents,
  coalesce(-sum(m.cents) FILTER (WHERE m.payout AND (m.business_date <= l.since) IS NOT TRUE), 0)::bigint AS paid_cents
FROM moved m JOIN master.agent g USING (agent_id) CROSS JOIN last l
WHERE m.business_date <= {business_date}::date
GROUP BY g.code, g.name, l.since
ORDER BY g.code
