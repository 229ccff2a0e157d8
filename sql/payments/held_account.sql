-- The newest version of one account: company_id, account_id, version, owner, owner_code, brought_by (who loaded it),
-- released_by (who ended its hold, null: nobody).
SELECT b.company_id, b.account_id, b.version, b.owner, b.owner_code, r.actor AS brought_by, h.actor AS released_by
FROM master.bank_account b JOIN audit.run r USING (run_no)
LEFT JOIN payments.hold_release h ON h.company_id = b.company_id AND h.account_id = b.account_id
WHERE b.code = {code} ORDER BY b.version DESC LIMIT 1
