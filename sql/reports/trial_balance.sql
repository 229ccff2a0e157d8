-- Balance per account as of the night, debit positive: account, name, side, opening_cents, debit_cents and
-- credit_cents of the night, closing_cents.
SELECT a.account, a.name, a.side,
  coalesce(sum(p.amount_cents) FILTER (WHERE j.business_date < {business_date}::date), 0)::bigint AS opening_cents,
  coalesce(sum(p.amount_cents) FILTER (WHERE j.business_date = {business_date}::date AND p.amount_cents > 0), 0)::bigint
    AS debit_cents,
  coalesce(-sum(p.amount_cents) FILTER (WHERE j.business_date = {business_date}::date AND p.amount_cents < 0), 0)::bigint
    AS credit_cents,
  coalesce(sum(p.amount_cents), 0)::bigint AS closing_cents
FROM ledger.account a
LEFT JOIN (ledger.posting p JOIN ledger.journal j USING (company_id, journal_id))
  ON p.account = a.account AND j.business_date <= {business_date}::date
GROUP BY a.account, a.name, a.side ORDER BY a.account
