-- All books: book_id, code, name, time_zone.
SELECT book_id, code, name, time_zone FROM master.book
