-- Companies whose postings do not sum to zero: failure.
SELECT format('company %s is out of balance by %s cents', company_id, sum(amount_cents)) AS failure
FROM ledger.posting GROUP BY company_id HAVING sum(amount_cents) <> 0 ORDER BY company_id
