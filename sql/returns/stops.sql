-- Account stops there are: company_id, account_id, code.
SELECT company_id, account_id, code FROM returns.account_stop
