-- All products: product_id, code, name, vendor_id, line, plan_code, proration, trial_days.
SELECT product_id, code, name, vendor_id, line, plan_code, proration, trial_days FROM master.product
