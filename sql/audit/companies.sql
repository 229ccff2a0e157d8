-- Companies: company_id, code, name, book_id.
SELECT company_id, code, name, book_id FROM master.company ORDER BY company_id
