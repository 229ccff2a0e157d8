-- The figures of a book's night, one row: the columns of `night_summary` between companies and rows_appended.
WITH night AS (
       SELECT {business_date}::date AS day, coalesce((SELECT max(business_date) FROM audit.run
         WHERE job = 'night' AND book_code = {book} AND business_date < {business_date}::date), '-infinity') AS before,
         coalesce({run}::bigint, (SELECT max(run_no) FROM audit.run
           WHERE job = 'night' AND book_code = {book} AND business_date = {business_date}::date)) AS run),
     state AS (
       SELECT DISTINCT ON (company_id, file_id) company_id, file_id, state, business_date
       FROM exchange.event WHERE business_date <= {business_date}::date
       ORDER BY company_id, file_id, event_no DESC),
     invoices AS (
       SELECT count(*) AS invoices FROM billing.invoice WHERE bill_date = {business_date}::date),
     lines AS (
       SELECT coalesce(sum(l.amount_cents), 0)::bigint AS billed_cents
       FROM billing.invoice i JOIN billing.line l USING (company_id, invoice_id)
       WHERE i.bill_date = {business_date}::date),
     attempts AS (
       SELECT count(*) AS attempts FROM payments.attempt WHERE business_date = {business_date}::date),
     files AS (
       SELECT count(*) FILTER (WHERE kind = 'nacha') AS ach_files,
         coalesce(sum(debit_cents) FILTER (WHERE kind = 'nacha'), 0)::bigint AS ach_debit_cents,
         coalesce(sum(credit_cents) FILTER (WHERE kind = 'nacha'), 0)::bigint AS ach_credit_cents,
         count(*) FILTER (WHERE kind IN ('edi834', 'tabular')) AS vendor_files
       FROM exchange.file WHERE business_date = {business_date}::date),
     entries AS (
       SELECT count(*) AS ach_entries FROM payments.ach_entry WHERE business_date = {business_date}::date),
     returned AS (
       SELECT count(*) AS returns, coalesce(sum(e.signed_cents), 0)::bigint AS returned_cents
       FROM returns.returned r JOIN payments.ach_entry e USING (company_id, entry_id), night n WHERE r.business_date > n.before AND r.business_date <= n.day),
     noticed AS (
       SELECT count(*) AS notices FROM returns.notice r, night n
       WHERE r.business_date > n.before AND r.business_date <= n.day),
     settled AS (
       SELECT coalesce(sum(amount_cents), 0)::bigint AS settled_cents, count(*) AS settlements
       FROM banking.settlement WHERE business_date = {business_date}::date),
     acknowledged AS (
       SELECT count(*) AS acknowledged FROM state s JOIN exchange.file f USING (company_id, file_id), night n
       WHERE f.kind IN ('edi834', 'tabular') AND s.state = 'acknowledged' AND s.business_date > n.before),
     agents AS (
       SELECT coalesce(sum(amount_cents), 0)::bigint AS commission_cents
       FROM commissions.accrual WHERE business_date = {business_date}::date),
     vendors AS (
       SELECT coalesce(sum(amount_cents), 0)::bigint AS payable_cents
       FROM payables.accrual WHERE business_date = {business_date}::date),
     aside AS (
       SELECT count(DISTINCT a.company_id) AS set_aside FROM night n JOIN audit.set_aside a ON a.run_no = n.run),
     held AS (
       SELECT count(*) AS quarantined FROM audit.quarantine WHERE business_date = {business_date}::date),
     appended AS (
       SELECT coalesce(sum(rows_appended), 0)::bigint AS rows_appended
       FROM night n JOIN audit.step s ON s.run_no = n.run)
SELECT invoices, billed_cents, attempts, ach_files, ach_entries, ach_debit_cents, ach_credit_cents, returns,
  returned_cents, notices, settlements, settled_cents, vendor_files, acknowledged, commission_cents, payable_cents,
  set_aside, quarantined, rows_appended
FROM invoices, lines, attempts, files, entries, returned, noticed, settled, acknowledged, agents, vendors, aside, held,
  appended
