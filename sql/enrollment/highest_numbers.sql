-- The highest control number given to each partner so far: partner, kind, highest.
SELECT partner, kind, max(value) AS highest FROM exchange.control_number
WHERE partner = ANY ({partners}::text[]) GROUP BY partner, kind
