-- Brings rows of master.book up to date with the staged ones: nothing.
UPDATE master.book t SET name = s.name, time_zone = s.time_zone
FROM {staged} s WHERE t.book_id = s.book_id
