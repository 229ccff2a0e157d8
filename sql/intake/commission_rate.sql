-- All commission rates: rate_id, product_code, level, percent (text), valid_from.
SELECT rate_id, product_code, level, percent::text AS percent, valid_from FROM master.commission_rate
