-- Payers with something overdue as the business date begins, or held or lapsed by an unpaid invoice: company_id, payer (0:
-- the company itself), group_code. None, and nothing is read, when no product has a ladder.
SELECT DISTINCT i.company_id, coalesce(i.person_id, 0) AS payer, i.group_code
FROM billing.invoice i
LEFT JOIN (SELECT company_id, invoice_id, sum(owed_cents) AS cents FROM payments.invoice_move
           WHERE owed_cents <> 0 AND business_date < {business_date}::date GROUP BY 1, 2) m USING (company_id, invoice_id)
WHERE EXISTS (SELECT FROM master.product p JOIN master.dunning_step d ON d.ladder = p.dunning WHERE p.dunning <> '')
  AND i.bill_date < {business_date}::date
  AND ((i.total_cents + coalesce(m.cents, 0) > 0 AND i.due_date BETWEEN {business_date}::date - 800 AND {business_date}::date)
    OR EXISTS (SELECT FROM billing.standing s WHERE s.company_id = i.company_id AND s.invoice_id = i.invoice_id
               AND s.business_date <= {business_date}::date))
ORDER BY 1, 2, 3
