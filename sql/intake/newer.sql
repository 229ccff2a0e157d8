-- Keys about which a later run took something from another file: owner (company, 0 for the catalogue), name.
SELECT DISTINCT company_id AS owner, key AS name FROM intake.change
WHERE table_name = {table} AND encode(sha256, 'hex') <> {sha256} AND run_no > {since}::bigint
