-- The newest version of each of these accounts, beside the version asked for: company_id, entry_account_id, account_id,
-- code, version, person_id, routing, account_type, account_sealed, account_blind, account_last4, holder_name, source,
-- owner, owner_code, authorised, closed_on.
SELECT DISTINCT o.company_id, o.account_id AS entry_account_id, n.account_id, n.code, n.version, n.person_id, n.routing,
  n.account_type, n.account_sealed, n.account_blind, n.account_last4, n.holder_name, n.source,
  n.owner, n.owner_code, n.authorised, n.closed_on
FROM master.bank_account o
JOIN LATERAL (SELECT * FROM master.bank_account b WHERE b.company_id = o.company_id AND b.code = o.code
              ORDER BY b.version DESC LIMIT 1) n ON true
WHERE (o.company_id, o.account_id) IN (SELECT * FROM unnest({company_ids}::int[], {account_ids}::int[]))
ORDER BY o.company_id, o.account_id
