-- The companies of a book, all of them for the house: company_id.
SELECT c.company_id FROM master.company c JOIN master.book b USING (book_id)
WHERE {book} = 'house' OR b.code = {book}
ORDER BY company_id
