-- What the night charged by the ledger: the receivable postings of its `charged` journals: charged_cents.
SELECT coalesce(sum(p.amount_cents), 0)::bigint AS charged_cents
FROM ledger.journal j JOIN ledger.posting p USING (company_id, journal_id)
WHERE j.business_date = {business_date}::date AND j.event = 'charged' AND p.account = 1100
