-- All fees: fee_id, product_id, fee_code, kind, recurrence, alignment.
SELECT fee_id, product_id, code AS fee_code, kind, recurrence, alignment FROM master.fee ORDER BY fee_id
