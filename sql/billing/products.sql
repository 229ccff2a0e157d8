-- All products with what billing needs of them: product_id, product_code, proration, trial_days.
SELECT product_id, code AS product_code, proration, trial_days FROM master.product ORDER BY product_id
