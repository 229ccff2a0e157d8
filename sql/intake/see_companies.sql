-- Lets the rest of the transaction see these companies: the setting.
SELECT set_config('daybook.companies', {companies}::int[]::text, true) AS companies
