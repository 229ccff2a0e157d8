-- Brings rows of master.vendor up to date with the staged ones: nothing.
UPDATE master.vendor t SET name = s.name, tax_id = s.tax_id
FROM {staged} s WHERE t.vendor_id = s.vendor_id
