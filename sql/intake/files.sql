-- Files of these contents that were taken before: sha256, rows, run_no.
SELECT sha256, rows, run_no FROM intake.file WHERE encode(sha256, 'hex') = ANY ({marks}::text[])
