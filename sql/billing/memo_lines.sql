-- Charges a memo may be about, of one line (or of what it corrects) or of one invoice, in the stated order: line_id,
-- left_cents; and of the invoice open_cents, limit_cents and memo_cents (what memos of it, not refused and not taken back, come to).
WITH asked AS (
  SELECT o.* FROM billing.line o
  WHERE o.company_id = ANY ({companies}::int[]) AND o.revision = 0
    AND (o.line_id = (SELECT coalesce(l.corrects, l.line_id) FROM billing.line l
                      WHERE l.company_id = ANY ({companies}::int[]) AND l.line_id = {line}::bigint)
         OR o.invoice_id = {invoice}::bigint)
)
SELECT a.line_id, billing.left_of(a.company_id, a.line_id) AS left_cents,
  billing.open_of(a.company_id, a.invoice_id) AS open_cents, c.memo_limit_cents AS limit_cents,
  coalesce((SELECT sum(m.amount_cents) FROM billing.memo_state m
            JOIN billing.line l ON l.company_id = m.company_id AND l.line_id = m.line_id
            WHERE m.company_id = a.company_id AND l.invoice_id = a.invoice_id AND m.state <> 'refused'
              AND m.reverses IS NULL AND NOT EXISTS (
                SELECT FROM billing.memo r WHERE r.company_id = m.company_id AND r.reverses = m.memo_id)), 0)::bigint AS memo_cents
FROM asked a JOIN master.company c USING (company_id) JOIN master.fee f USING (fee_id)
ORDER BY a.coverage_start, CASE f.kind WHEN 'tax' THEN 1 WHEN 'premium' THEN 3 ELSE 2 END, a.line_id
