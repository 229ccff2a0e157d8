-- What agents and vendors are owed as of the business date, less every payout that did not come back: company_id,
-- company_code, bank, purpose (commission, remittance), payee (code), owed_cents (below zero too), paid_to (day of the
-- last payout), account_code (the payee's first open one, null: none).
WITH accrued AS (
  SELECT a.company_id, 'commission' AS purpose, g.code AS payee, sum(a.amount_cents) AS cents
  FROM commissions.accrual a JOIN master.agent g USING (agent_id)
  WHERE 'commission' = ANY ({kinds}::text[]) AND a.business_date <= {business_date}::date
    AND a.company_id = ANY ({of_companies}::int[])
  GROUP BY 1, 3
  UNION ALL
  SELECT a.company_id, 'remittance', v.code, sum(a.amount_cents)
  FROM payables.accrual a JOIN master.vendor v USING (vendor_id)
  WHERE 'remittance' = ANY ({kinds}::text[]) AND a.business_date <= {business_date}::date
    AND a.company_id = ANY ({of_companies}::int[])
  GROUP BY 1, 3
), paid AS (
  SELECT n.company_id, n.purpose, left(n.subject, -11) AS payee, sum(n.amount_cents) AS cents,
    max(right(n.subject, 10)::date) AS paid_to
  FROM payments.instruction n
  WHERE n.purpose IN ('commission', 'remittance') AND NOT EXISTS (
    SELECT FROM payments.ach_entry e JOIN payments.undone x USING (company_id, entry_id)
    WHERE e.company_id = n.company_id AND e.purpose = n.purpose AND e.source_id = n.instruction_id
      AND x.business_date <= {business_date}::date)
  GROUP BY 1, 2, 3
), account AS (
  SELECT DISTINCT ON (company_id, owner, owner_code) company_id, owner, owner_code, code FROM (
    SELECT DISTINCT ON (company_id, code) company_id, owner, owner_code, code, closed_on FROM master.bank_account
    WHERE owner <> 'payer' ORDER BY company_id, code, version DESC) newest
  WHERE closed_on IS NULL OR closed_on > {business_date}::date
  ORDER BY company_id, owner, owner_code, code COLLATE "C"
)
SELECT a.company_id, c.code AS company_code, c.bank, a.purpose, a.payee,
  (a.cents - coalesce(p.cents, 0))::bigint AS owed_cents, p.paid_to, b.code AS account_code
FROM accrued a
JOIN master.company c USING (company_id)
LEFT JOIN paid p USING (company_id, purpose, payee)
LEFT JOIN account b ON b.company_id = a.company_id AND b.owner_code = a.payee
  AND b.owner = CASE a.purpose WHEN 'commission' THEN 'agent' ELSE 'vendor' END
ORDER BY a.company_id, a.purpose, a.payee COLLATE "C"
