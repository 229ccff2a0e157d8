-- What is on invoices (companies and numbers as arrays side by side): company_id, subject, on_date, person_id, template,
-- data (JSON, without document_no and statement: see docs/rooms/documents.md).
WITH wanted AS (
  SELECT i.* FROM unnest({owners}::int[], {subjects}::text[]) w (company_id, subject)
  JOIN billing.invoice i ON i.company_id = w.company_id AND i.invoice_id = w.subject::bigint
), charged AS (
  -- The parts of one charge, the employer's and the employee's, are one line to read.
  SELECT i.company_id, i.invoice_id, l.subscription_id, l.fee_id, l.coverage_start, l.coverage_end, l.kind, l.cause,
    sum(l.amount_cents)::bigint AS cents, coalesce(sum(l.amount_cents) FILTER (WHERE l.debtor = -2), 0)::bigint AS employee_cents,
    min(l.line_id) AS line_id
  FROM wanted i JOIN billing.line l ON l.company_id = i.company_id AND l.invoice_id = i.invoice_id
  WHERE l.amount_cents <> 0                            -- a change of cost alone is not the payer's
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, l.revision
), lines AS (
  SELECT l.company_id, l.invoice_id,
    json_agg(json_build_object(
      'member', m.first_name || ' ' || m.last_name, 'member_code', m.code, 'product', p.name, 'fee', f.code,
      'fee_kind', f.kind, 'tier', CASE WHEN p.line = '' THEN '' ELSE s.tier END, 'from', l.coverage_start,
      'to', l.coverage_end, 'kind', l.kind, 'cents', l.cents, 'employee_cents', l.employee_cents, 'cause', l.cause)
      ORDER BY m.last_name, m.first_name, m.code, l.coverage_start, p.name, f.fee_id, l.line_id) AS lines,
    sum(l.employee_cents) AS employees_cents,
    min(l.coverage_start) AS first, max(greatest(l.coverage_end, l.coverage_start + 1)) AS last
  FROM charged l
  JOIN master.subscription s ON s.company_id = l.company_id AND s.subscription_id = l.subscription_id
  JOIN master.person m ON m.company_id = s.company_id AND m.person_id = s.person_id
  JOIN master.fee f ON f.fee_id = l.fee_id
  JOIN master.product p ON p.product_id = f.product_id
  GROUP BY 1, 2
)
SELECT i.company_id, i.invoice_id::text AS subject, i.bill_date AS on_date, i.person_id,
  CASE i.kind WHEN 'list_bill' THEN 'list_bill' ELSE 'invoice' END AS template,
  json_build_object(
    'number', i.invoice_id, 'date', i.bill_date, 'due', i.due_date, 'total_cents', i.total_cents,
    'company', json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state,
      'zip', c.zip, 'tax_id', c.tax_id),
    'payer', CASE WHEN o.person_id IS NULL
      THEN json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state, 'zip', c.zip)
      ELSE json_build_object('code', o.code, 'name', o.first_name || ' ' || o.last_name, 'address', o.address,
        'city', o.city, 'state', o.state, 'zip', o.zip) END,
    'group', json_build_object('code', i.group_code, 'name', coalesce(g.name, ''), 'pays_per_year', coalesce(g.pays_per_year, 12)),
    'lines', coalesce(l.lines, '[]'::json),
    'payroll', json_build_object('employees_cents', coalesce(l.employees_cents, 0), 'from', l.first, 'to', l.last),
    'credit_cents', (SELECT coalesce(sum(u.amount_cents), 0) FROM payments.credit_use u
      WHERE u.company_id = i.company_id AND u.to_invoice = i.invoice_id AND u.business_date <= i.bill_date),
    'payments', (SELECT coalesce(json_agg(json_build_object('last4', b.account_last4, 'type', b.account_type,
        'cents', a.amount_cents, 'on', a.wanted_date) ORDER BY a.payer_part), '[]'::json)
      FROM payments.attempt a
      CROSS JOIN LATERAL (SELECT b.account_last4, b.account_type FROM master.bank_account b
        WHERE b.company_id = a.company_id AND b.code = a.account_code ORDER BY b.version DESC LIMIT 1) b
      WHERE a.company_id = i.company_id AND a.invoice_id = i.invoice_id AND a.attempt_no = 1
        AND a.business_date = i.bill_date))::text AS data
FROM wanted i
JOIN master.company c ON c.company_id = i.company_id
LEFT JOIN lines l ON l.company_id = i.company_id AND l.invoice_id = i.invoice_id
LEFT JOIN master.person o ON o.company_id = i.company_id AND o.person_id = i.person_id
LEFT JOIN master.sub_group g ON g.company_id = i.company_id AND g.code = i.group_code
ORDER BY i.company_id, i.invoice_id
