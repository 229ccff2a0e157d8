-- What is known of each file to a vendor by the business date: company_id, file_id, partner, purpose, business_date,
-- sequence, event_no and state (the last by then), current (nothing happened since), void, sent, rejected,
-- answers_expected.
SELECT f.company_id, f.file_id, f.partner, f.purpose, f.business_date, f.sequence, e.event_no, e.state,
  NOT EXISTS (SELECT FROM exchange.event l WHERE l.company_id = f.company_id AND l.file_id = f.file_id
    AND l.event_no > e.event_no) AS current, e.void, e.sent, e.rejected, f.answer_hours IS NOT NULL AS answers_expected
FROM exchange.file f
JOIN LATERAL (
  SELECT max(v.event_no) AS event_no, (array_agg(v.state ORDER BY v.event_no DESC))[1] AS state,
    bool_or(v.state = 'void') AS void, bool_or(v.state IN ('sent', 'acknowledged', 'rejected')) AS sent,
    bool_or(v.state = 'rejected') AS rejected
  FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
    AND v.business_date <= {business_date}::date) e ON e.event_no IS NOT NULL
WHERE f.kind IN ('edi834', 'tabular')
ORDER BY f.company_id, f.file_id
