-- Opens a run: run_no.
INSERT INTO audit.run (job, orchestrator_run, book_code, business_date, actor)
VALUES ({job}, {orchestrator_run}, {book}, {business_date}::date, {actor})
RETURNING run_no
