-- Newest version of each report of a business date: name, path, sha256 (hex).
SELECT DISTINCT ON (b.code, r.name) b.code || '/' || r.name AS name, r.path, encode(r.sha256, 'hex') AS sha256
FROM reports.report r JOIN master.book b USING (book_id)
WHERE r.business_date = {business_date}::date
ORDER BY b.code, r.name, r.booked_at DESC
