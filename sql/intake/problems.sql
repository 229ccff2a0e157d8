-- What was found wrong in files of these contents: sha256, line, column_name, rule.
SELECT sha256, line, column_name, rule FROM intake.problem WHERE encode(sha256, 'hex') = ANY ({marks}::text[])
