-- The book that a run is of: book_code.
SELECT book_code FROM audit.run WHERE run_no = {run}::bigint
