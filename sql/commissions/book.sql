-- The id of a book: book_id.
SELECT book_id FROM master.book WHERE code = {book}
