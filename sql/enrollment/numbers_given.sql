-- Which file of which company that has left, or was about to, got these control numbers of a partner: kind, value,
-- company_id, file_id.
SELECT n.kind, n.value, n.company_id, n.file_id FROM exchange.control_number n
WHERE n.partner = {partner} AND n.value = ANY ({values}::bigint[]) AND EXISTS (
  SELECT FROM exchange.event e WHERE e.company_id = n.company_id AND e.file_id = n.file_id
    AND e.state NOT IN ('built', 'checked', 'approved', 'void'))
