-- One thing that happened to a message; the same number twice is refused by the key.
INSERT INTO billing.mail_event (company_id, mail_id, event_no, state, detail, run_no)
VALUES ({company}::int, {mail}::bigint, {event_no}::smallint, {state}, {detail}, {run}::bigint)
