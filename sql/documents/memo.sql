-- What is on memos that are in force (companies and numbers as arrays side by side): company_id, subject, on_date,
-- person_id, template, data (JSON without document_no).
SELECT m.company_id, m.memo_id::text AS subject, coalesce(k.business_date, m.business_date) AS on_date, i.person_id,
  'memo' AS template,
  json_build_object(
    'number', m.memo_id, 'kind', m.kind, 'date', coalesce(k.business_date, m.business_date), 'cents', m.amount_cents,
    'reason', m.reason, 'reverses', m.reverses, 'invoice', l.invoice_id,
    'line', json_build_object('product', p.name, 'from', l.coverage_start, 'to', l.coverage_end, 'cents', l.amount_cents),
    'company', json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state,
      'zip', c.zip, 'tax_id', c.tax_id),
    'payer', CASE WHEN o.person_id IS NULL
      THEN json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state, 'zip', c.zip)
      ELSE json_build_object('code', o.code, 'name', o.first_name || ' ' || o.last_name, 'address', o.address,
        'city', o.city, 'state', o.state, 'zip', o.zip) END)::text AS data
FROM unnest({owners}::int[], {subjects}::text[]) w (company_id, subject)
JOIN billing.memo m ON m.company_id = w.company_id AND m.memo_id = w.subject::bigint
JOIN billing.line l ON l.company_id = m.company_id AND l.line_id = m.line_id
JOIN billing.invoice i ON i.company_id = l.company_id AND i.invoice_id = l.invoice_id
JOIN master.fee f ON f.fee_id = l.fee_id
JOIN master.product p ON p.product_id = f.product_id
JOIN master.company c ON c.company_id = m.company_id
LEFT JOIN master.person o ON o.company_id = i.company_id AND o.person_id = i.person_id
LEFT JOIN billing.consent k ON k.company_id = m.company_id AND k.kind = 'memo' AND k.subject = m.memo_id::text AND k.granted
WHERE NOT m.needs_approval OR k.company_id IS NOT NULL
ORDER BY m.company_id, m.memo_id
