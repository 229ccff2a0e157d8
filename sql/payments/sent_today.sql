-- What each company has in ACH files of this business date that are not void: company_id, bank, direction, cents.
SELECT f.company_id, f.partner AS bank, CASE WHEN e.signed_cents > 0 THEN 'debit' ELSE 'credit' END AS direction,
  sum(e.amount_cents)::bigint AS cents
FROM exchange.file f JOIN payments.ach_entry e USING (company_id, file_id)
WHERE f.kind = 'nacha' AND f.business_date = {business_date}::date AND e.signed_cents <> 0
  AND NOT EXISTS (SELECT FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id AND v.state = 'void')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
