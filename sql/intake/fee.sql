-- All fees: fee_id, product_id, code, kind, recurrence, alignment.
SELECT fee_id, product_id, code, kind, recurrence, alignment FROM master.fee
