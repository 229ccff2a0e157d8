-- Opens this transaction to all companies of the book, those set aside too, and names them: companies.
SELECT set_config('daybook.companies', coalesce(array_agg(c.company_id ORDER BY c.company_id), '{{}}')::int[]::text, true)
  AS companies
FROM master.company c JOIN master.book b USING (book_id) WHERE b.code = {book}
