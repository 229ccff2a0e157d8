-- All fees: fee_id, product_id, code, kind, recurrence.
SELECT fee_id, product_id, code, kind, recurrence FROM master.fee
