-- What is registered of this book's night: name, sha256.
SELECT r.name, r.sha256 FROM reports.report r JOIN master.book b USING (book_id)
WHERE b.code = {book} AND r.business_date = {business_date}::date
ORDER BY r.name, r.sha256
