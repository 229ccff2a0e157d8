-- What is on receipts of settled entries (companies and entries as arrays side by side): company_id, subject, on_date,
-- person_id, template, data (JSON without document_no).
SELECT t.company_id, t.entry_id::text AS subject, t.business_date AS on_date, i.person_id, 'receipt' AS template,
  json_build_object(
    'number', t.entry_id, 'date', t.business_date, 'cents', t.amount_cents, 'last4', b.account_last4,
    'type', b.account_type, 'invoice', i.invoice_id, 'invoice_date', i.bill_date,
    'company', json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state,
      'zip', c.zip, 'tax_id', c.tax_id),
    'payer', CASE WHEN o.person_id IS NULL
      THEN json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state, 'zip', c.zip)
      ELSE json_build_object('code', o.code, 'name', o.first_name || ' ' || o.last_name, 'address', o.address,
        'city', o.city, 'state', o.state, 'zip', o.zip) END,
    'lines', (SELECT coalesce(json_agg(x.line ORDER BY x.coverage_start, x.name), '[]'::json) FROM (
      SELECT DISTINCT l.coverage_start, p.name,
        jsonb_build_object('product', p.name, 'from', l.coverage_start, 'to', l.coverage_end) AS line
      FROM billing.line l JOIN master.fee f USING (fee_id) JOIN master.product p USING (product_id)
      WHERE l.company_id = i.company_id AND l.invoice_id = i.invoice_id AND l.amount_cents > 0) x))::text AS data
FROM unnest({owners}::int[], {subjects}::text[]) w (company_id, subject)
JOIN banking.settlement t ON t.company_id = w.company_id AND t.entry_id = w.subject::bigint
JOIN payments.ach_entry e ON e.company_id = t.company_id AND e.entry_id = t.entry_id
JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
JOIN billing.invoice i ON i.company_id = a.company_id AND i.invoice_id = a.invoice_id
JOIN master.bank_account b ON b.company_id = e.company_id AND b.account_id = e.account_id
JOIN master.company c ON c.company_id = t.company_id
LEFT JOIN master.person o ON o.company_id = i.company_id AND o.person_id = i.person_id
WHERE e.purpose = 'premium' AND t.amount_cents > 0
ORDER BY t.company_id, t.entry_id
