-- What these lines accrued for vendors, the highest revision, and whether a later night decided already: company_id,
-- line_id, vendor_id, recorded_cents, highest, later.
SELECT a.company_id, a.line_id, a.vendor_id, max(a.revision) AS highest,
  sum(a.amount_cents)::bigint AS recorded_cents, max(a.business_date) > {business_date}::date AS later
FROM payables.accrual a
JOIN unnest({of_companies}::int[], {lines}::bigint[]) AS w (company_id, line_id) USING (company_id, line_id)
GROUP BY 1, 2, 3
