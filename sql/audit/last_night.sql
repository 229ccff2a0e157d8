-- The latest business date of any run: business_date.
SELECT max(business_date) AS business_date FROM audit.run
