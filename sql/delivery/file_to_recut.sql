-- One ACH file and whose night it is of: name, partner, business_date, book, state.
SELECT f.name, f.partner, f.business_date, b.code AS book,
  (SELECT e.state FROM exchange.event e WHERE e.company_id = f.company_id AND e.file_id = f.file_id
   ORDER BY e.event_no DESC LIMIT 1) AS state
FROM exchange.file f JOIN master.company c USING (company_id) JOIN master.book b USING (book_id)
WHERE f.company_id = {company} AND f.file_id = {file_id} AND f.kind = 'nacha'
