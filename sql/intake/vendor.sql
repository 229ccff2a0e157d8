-- All vendors: vendor_id, code, name, tax_id.
SELECT vendor_id, code, name, tax_id FROM master.vendor
