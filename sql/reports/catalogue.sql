-- What a fee belongs to: fee_id, fee, fee_kind, product, product_name, line, vendor, vendor_name.
SELECT f.fee_id, f.code AS fee, f.kind AS fee_kind, p.code AS product, p.name AS product_name, p.line, v.code AS vendor,
  v.name AS vendor_name
FROM master.fee f JOIN master.product p USING (product_id) JOIN master.vendor v USING (vendor_id)
ORDER BY f.fee_id
