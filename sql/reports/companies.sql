-- The book and its companies: book_id, book_name, company_id, company, company_name, kind.
SELECT b.book_id, b.name AS book_name, c.company_id, c.code AS company, c.name AS company_name, c.kind
FROM master.book b LEFT JOIN master.company c USING (book_id) WHERE b.code = {book}
ORDER BY c.code COLLATE "C"
