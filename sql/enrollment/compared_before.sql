-- Whether a list was held against ours before: a row for each company that had something to say.
SELECT DISTINCT company_id FROM enrollment.discrepancy WHERE sha256 = {sha256}::bytea
