-- What each company has in ACH files of this business date: company_id, bank, sequence (the highest), cents.
SELECT company_id, partner AS bank, max(sequence) AS sequence, sum(debit_cents + credit_cents)::bigint AS cents
FROM exchange.file WHERE kind = 'nacha' AND business_date = {business_date}::date
GROUP BY company_id, partner
