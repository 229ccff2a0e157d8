-- Margin not booked yet, as of the business date, of companies that have some and for which no later night has booked
-- any: company_id, amount_cents. Credits, and their use, count from the day after, as in payables/funded_lines.
-- What was written off is a loss of its own and no margin: its invoices fund others, but count for nothing here.
WITH lost AS (
  SELECT DISTINCT company_id, invoice_id FROM billing.line WHERE revision < 0 AND kind = 'write_off'
), funded AS (
  SELECT company_id, sum(funded_cents) AS cents FROM payments.invoice_move
  WHERE funded_cents <> 0 AND (business_date < {business_date}::date
      OR (business_date = {business_date}::date AND NOT (funded_cents > 0 AND owed_cents <> 0)))
    AND (company_id, invoice_id) NOT IN (SELECT company_id, invoice_id FROM lost)
  GROUP BY 1
  UNION ALL
  SELECT company_id, sum(total_cents) FROM billing.invoice
  WHERE total_cents < 0 AND bill_date < {business_date}::date
    AND (company_id, invoice_id) NOT IN (SELECT company_id, invoice_id FROM lost)
  GROUP BY 1
), taken AS (
  SELECT company_id, sum(amount_cents) AS cents FROM payables.accrual
  WHERE business_date <= {business_date}::date GROUP BY 1
  UNION ALL
  SELECT company_id, sum(amount_cents) FROM commissions.accrual WHERE business_date <= {business_date}::date GROUP BY 1
  UNION ALL
  SELECT j.company_id, -sum(p.amount_cents) FROM ledger.journal j
  JOIN ledger.posting p ON p.company_id = j.company_id AND p.journal_id = j.journal_id AND p.account = {income}::int
  WHERE j.event = 'margin_earned' AND j.business_date <= {business_date}::date GROUP BY 1
)
SELECT company_id, sum(cents)::bigint AS amount_cents
FROM (SELECT company_id, cents FROM funded UNION ALL SELECT company_id, -cents FROM taken) x
WHERE NOT EXISTS (SELECT FROM ledger.journal j WHERE j.company_id = x.company_id AND j.event = 'margin_earned'
  AND j.business_date > {business_date}::date)
GROUP BY company_id HAVING sum(cents) <> 0 ORDER BY company_id
