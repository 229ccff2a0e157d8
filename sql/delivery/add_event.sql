-- Adds one event of a file, for logins that may write nothing else.
INSERT INTO exchange.event (company_id, file_id, event_no, state, detail, actor, business_date, run_no)
VALUES ({company}, {file_id}, {event_no}, {state}, {detail}, {actor}, {business_date}::date, {run})
