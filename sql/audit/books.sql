-- Books of business: book_id, code, name, time_zone.
SELECT book_id, code, name, time_zone FROM master.book ORDER BY book_id
