-- Through which bank payers were drafted last, before they had a route: company_id, payer, bank.
SELECT DISTINCT ON (w.company_id, w.payer) w.company_id, w.payer, f.partner AS bank
FROM unnest({company_ids}::int[], {payers}::int[]) AS w(company_id, payer)
JOIN master.bank_account b ON b.company_id = w.company_id AND b.owner = 'payer' AND coalesce(b.person_id, 0) = w.payer
JOIN LATERAL (SELECT e.company_id, e.file_id, e.entry_id FROM payments.ach_entry e
              WHERE e.company_id = b.company_id AND e.account_id = b.account_id AND e.amount_cents > 0
                AND e.business_date <= {business_date}::date
              ORDER BY e.business_date DESC LIMIT 1) e ON true
JOIN exchange.file f ON f.company_id = e.company_id AND f.file_id = e.file_id
ORDER BY w.company_id, w.payer, e.entry_id DESC
