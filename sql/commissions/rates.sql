-- Cumulative percents, in ten-thousandths of a percent: product_code, level, valid_from, percent_e4.
SELECT product_code, level, valid_from, (percent * 10000)::bigint AS percent_e4 FROM master.commission_rate
