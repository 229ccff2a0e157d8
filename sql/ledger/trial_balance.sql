-- Balance per account over the companies of the transaction, debit positive: account, name, balance_cents.
SELECT a.account, a.name, coalesce(sum(p.amount_cents), 0)::bigint AS balance_cents
FROM ledger.account a
LEFT JOIN ledger.posting p ON p.account = a.account AND p.company_id = ANY ({companies}::int[])
GROUP BY a.account, a.name ORDER BY a.account
