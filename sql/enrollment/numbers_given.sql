-- Which file of which company got these control numbers of a partner: kind, value, company_id, file_id.
SELECT kind, value, company_id, file_id FROM exchange.control_number
WHERE partner = {partner} AND value = ANY ({values}::bigint[])
