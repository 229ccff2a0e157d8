-- Through which bank payers are drafted, as given by the business date: company_id, payer, bank.
SELECT company_id, payer, bank FROM payments.route WHERE business_date <= {business_date}::date ORDER BY company_id, payer
