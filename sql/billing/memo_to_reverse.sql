-- One memo and where it stands: line_id, kind, amount_cents, state, reverses, reversed, left_cents (of its line),
-- limit_cents.
SELECT m.line_id, m.kind, m.amount_cents, m.state, m.reverses, r.memo_id IS NOT NULL AS reversed,
  billing.left_of(m.company_id, m.line_id) AS left_cents, c.memo_limit_cents AS limit_cents
FROM billing.memo_state m JOIN master.company c USING (company_id)
LEFT JOIN billing.memo r ON r.company_id = m.company_id AND r.reverses = m.memo_id
WHERE m.company_id = ANY ({companies}::int[]) AND m.memo_id = {memo}::bigint
