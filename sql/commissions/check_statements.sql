-- Statements whose closing balance is not commission payable in the ledger: failure.
WITH stated AS (
  SELECT DISTINCT ON (book_id) book_id, total_cents FROM reports.report
  WHERE name = 'commission_statements.csv' AND business_date = {business_date}::date
    AND book_id IN (SELECT book_id FROM master.company WHERE company_id = ANY ({companies}::int[]))
  ORDER BY book_id, run_no DESC, booked_at DESC),
payable AS (
  SELECT coalesce(-sum(p.amount_cents), 0) AS cents
  FROM ledger.posting p JOIN ledger.journal j USING (company_id, journal_id)
  WHERE p.account = 2200 AND j.business_date <= {business_date}::date)
SELECT format('the statements close at %s cents, commission payable is %s', s.total_cents, p.cents) AS failure
FROM stated s CROSS JOIN payable p WHERE s.total_cents <> p.cents
