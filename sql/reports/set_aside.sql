-- Companies set aside in the book's latest run of this night: company, company_name, step, reason.
SELECT c.code AS company, c.name AS company_name, a.step, a.reason
FROM audit.set_aside a JOIN master.company c USING (company_id)
WHERE a.run_no = (SELECT max(run_no) FROM audit.run
  WHERE job = 'night' AND book_code = {book} AND business_date = {business_date}::date)
ORDER BY c.code COLLATE "C", a.step COLLATE "C"
