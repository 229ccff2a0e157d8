-- What went through each bank of the companies that spread their drafts, in the calendar month of `month` up to `until`,
-- void files left out: company_id, company, bank, weight (null: no bank of the company any more), monthly_cap_cents (null:
-- none), entries, cents. Drafts and return fees count by the business date of their file.
WITH actual AS (
  SELECT e.company_id, f.partner AS bank, count(*) AS entries, sum(e.amount_cents)::bigint AS cents
  FROM payments.ach_entry e JOIN exchange.file f USING (company_id, file_id)
  WHERE e.business_date >= date_trunc('month', {month}::date)
    AND e.business_date < date_trunc('month', {month}::date) + interval '1 month'
    AND e.business_date <= {until}::date AND e.purpose IN ('premium', 'return_fee')
    AND (SELECT true FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id
         AND v.business_date <= {until}::date) IS NULL
    AND (SELECT true FROM master.company_bank b WHERE b.company_id = e.company_id LIMIT 1)
  GROUP BY e.company_id, f.partner
)
SELECT company_id, c.code AS company, coalesce(a.bank, b.bank) AS bank, b.weight, b.monthly_cap_cents,
  coalesce(a.entries, 0)::bigint AS entries, coalesce(a.cents, 0)::bigint AS cents
FROM actual a FULL JOIN master.company_bank b USING (company_id, bank) JOIN master.company c USING (company_id)
ORDER BY company_id, 3
