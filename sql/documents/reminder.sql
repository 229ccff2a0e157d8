-- What is on letters about overdue invoices (companies and invoice/step as arrays side by side): company_id, subject,
-- on_date, person_id, template (the ladder's own, else reminder), data (JSON without document_no; ended: of a lapse, the
-- last day covered). None of a lapse that was only asked for.
SELECT u.company_id, u.invoice_id || '/' || u.step AS subject, coalesce(s.since, u.business_date) AS on_date, i.person_id,
  coalesce(nullif(t.template, ''), 'reminder') AS template,
  json_build_object(
    'number', u.invoice_id || '/' || u.step, 'step', u.step, 'action', u.action, 'date', coalesce(s.since, u.business_date),
    'days', coalesce(s.since, u.business_date) - i.due_date, 'ended', s.ended, 'open_cents', u.open_cents, 'invoice', i.invoice_id,
    'invoice_date', i.bill_date, 'due', i.due_date, 'total_cents', i.total_cents,
    'company', json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state,
      'zip', c.zip, 'tax_id', c.tax_id),
    'payer', CASE WHEN o.person_id IS NULL
      THEN json_build_object('code', c.code, 'name', c.name, 'address', c.address, 'city', c.city, 'state', c.state, 'zip', c.zip)
      ELSE json_build_object('code', o.code, 'name', o.first_name || ' ' || o.last_name, 'address', o.address,
        'city', o.city, 'state', o.state, 'zip', o.zip) END)::text AS data
FROM unnest({owners}::int[], {subjects}::text[]) w (company_id, subject)
JOIN billing.dunning u ON u.company_id = w.company_id AND u.invoice_id = split_part(w.subject, '/', 1)::bigint
  AND u.step = split_part(w.subject, '/', 2)::smallint
JOIN billing.invoice i ON i.company_id = u.company_id AND i.invoice_id = u.invoice_id
JOIN master.company c ON c.company_id = u.company_id
LEFT JOIN master.person o ON o.company_id = i.company_id AND o.person_id = i.person_id
LEFT JOIN LATERAL (
  SELECT s.template FROM billing.line l JOIN master.fee f USING (fee_id) JOIN master.product p USING (product_id)
  JOIN master.dunning_step s ON s.ladder = p.dunning AND s.step = u.step AND s.action = u.action
    AND s.valid_from <= u.business_date AND s.state IN ('', coalesce(o.state, c.state))
  WHERE l.company_id = i.company_id AND l.invoice_id = i.invoice_id
  ORDER BY s.state DESC, s.valid_from DESC, s.template LIMIT 1) t ON true
LEFT JOIN LATERAL (
  SELECT min(s.business_date) AS since, min(s.effective_date) - 1 AS ended FROM billing.standing s
  WHERE u.action = 'lapse' AND s.company_id = u.company_id AND s.invoice_id = u.invoice_id AND s.event = 'lapse') s ON true
WHERE u.action <> 'lapse' OR s.since IS NOT NULL
ORDER BY u.company_id, u.invoice_id, u.step
