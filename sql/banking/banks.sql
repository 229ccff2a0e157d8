-- Banks through which these companies have sent: bank.
SELECT DISTINCT partner AS bank FROM exchange.file
WHERE kind = 'nacha' AND business_date > {business_date}::date - 120 ORDER BY bank
