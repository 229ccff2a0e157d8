-- The history of one file, oldest first: event_no, state, detail.
SELECT event_no, state, detail FROM exchange.event
WHERE company_id = {company} AND file_id = {file_id} ORDER BY event_no
