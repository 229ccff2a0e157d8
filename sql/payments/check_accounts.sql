-- Live entries of the night on accounts that they may not be drawn on: failure. Told from the tables alone, apart from the
-- rule that let them pass: closed, stopped and not cured since, proof asked for and not there, given online and neither
-- proved nor used before. Reversals go back to where a mistake went, whatever it is. What came back after the run that
-- made an entry could not hold it: looked at again later, a night is judged by what it could know.
WITH story AS MATERIALIZED (   -- most accounts have none: only those that have one are looked into
  SELECT b.company_id, b.code FROM master.bank_account b WHERE b.closed_on IS NOT NULL OR b.authorised = 'web'
  UNION
  SELECT b.company_id, b.code FROM returns.account_stop s JOIN master.bank_account b USING (company_id, account_id)
  UNION
  SELECT b.company_id, b.code FROM payments.instruction n
  JOIN master.bank_account b ON b.company_id = n.company_id AND b.account_id = n.account_id
  WHERE n.purpose = 'prenote'
), suspect AS (
  SELECT e.company_id, e.entry_id, e.run_no, e.purpose, e.transaction_code % 10 >= 5 AS debit, b.account_id, b.code, b.version,
    b.routing, b.account_type, b.account_blind, b.holder_name, b.authorised, b.closed_on, b.source
  FROM payments.ach_entry e
  JOIN master.bank_account b ON b.company_id = e.company_id AND b.account_id = e.account_id
  JOIN story y ON y.company_id = b.company_id AND y.code = b.code
  WHERE e.business_date = {business_date}::date AND e.amount_cents > 0 AND e.purpose <> 'reversal'
    AND NOT EXISTS (SELECT FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id)
), same AS (   -- the versions that hold the same number, and the one that a bank's notice made this one from
  SELECT l.company_id, l.entry_id, t.account_id, t.holder_name = l.holder_name AS same_holder, t.validated_on
  FROM suspect l JOIN master.bank_account t ON t.company_id = l.company_id AND t.code = l.code
    AND ((t.routing, t.account_type, t.account_blind) = (l.routing, l.account_type, l.account_blind)
         OR (l.source ~ '^C[0-9]{{2}}$' AND t.version < l.version))
), fault AS (
  SELECT l.*, 'is closed' AS what FROM suspect l WHERE l.closed_on <= {business_date}::date
  UNION ALL
  SELECT l.*, 'was stopped by ' || s.code FROM suspect l
  JOIN same t ON t.company_id = l.company_id AND t.entry_id = l.entry_id AND t.same_holder
  JOIN returns.account_stop s ON s.company_id = t.company_id AND s.account_id = t.account_id
  WHERE s.business_date <= {business_date}::date AND s.run_no < l.run_no
    AND (l.debit OR s.code NOT IN ('R05', 'R07', 'R08', 'R10', 'R11', 'R29', 'R51'))
    AND NOT EXISTS (SELECT FROM payments.cure c
      JOIN payments.ach_entry ce ON ce.company_id = c.company_id AND ce.entry_id = c.entry_id
      JOIN returns.returned cr ON cr.company_id = c.company_id AND cr.entry_id = c.entry_id AND cr.code = s.code
      WHERE ce.company_id = s.company_id AND ce.account_id = s.account_id AND c.business_date <= {business_date}::date)
    AND NOT EXISTS (SELECT FROM payments.validation v WHERE v.company_id = s.company_id
      AND v.account_id IN (SELECT x.account_id FROM same x WHERE x.company_id = l.company_id AND x.entry_id = l.entry_id)
      AND s.code IN ('R02', 'R03', 'R04', 'R12', 'R13', 'R20') AND v.run_no >= s.run_no)
  UNION ALL
  SELECT l.*, CASE WHEN l.authorised = 'web' THEN 'was given online and never proved' ELSE 'has not been proved yet' END
  FROM suspect l
  WHERE (l.authorised = 'web' OR EXISTS (SELECT FROM same x JOIN payments.instruction n ON n.company_id = x.company_id
      AND n.purpose = 'prenote' AND n.subject = x.account_id::text WHERE x.company_id = l.company_id AND x.entry_id = l.entry_id))
    AND NOT EXISTS (
      SELECT FROM same x WHERE x.company_id = l.company_id AND x.entry_id = l.entry_id AND (
        x.validated_on <= {business_date}::date
        OR EXISTS (SELECT FROM payments.validation v WHERE v.company_id = x.company_id AND v.account_id = x.account_id
                   AND v.business_date <= {business_date}::date)
        OR EXISTS (SELECT FROM payments.ach_entry u JOIN banking.settlement t USING (company_id, entry_id)
                   WHERE u.company_id = x.company_id AND u.account_id = x.account_id AND u.amount_cents > 0
                     AND t.business_date <= {business_date}::date)
        -- A prenote that settled at least three weekdays ago and did not come back; holidays only make it longer.
        OR EXISTS (SELECT FROM payments.ach_entry p WHERE p.company_id = x.company_id AND p.account_id = x.account_id
                   AND p.purpose = 'prenote' AND p.effective_date <= {business_date}::date
                   AND (SELECT count(*) FROM generate_series(p.effective_date + 1, {business_date}::date, '1 day') d
                        WHERE extract(isodow FROM d) < 6) >= 3
                   AND NOT EXISTS (SELECT FROM returns.returned r
                                   WHERE r.company_id = p.company_id AND r.entry_id = p.entry_id
                                     AND r.run_no < l.run_no))))
)
SELECT format('entry %s (%s) of company %s is on account %s version %s, which %s',
  entry_id, purpose, company_id, code, version, what) AS failure
FROM fault ORDER BY company_id, entry_id, what
