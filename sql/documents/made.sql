-- Documents about the last days: company_id, kind, subject.
SELECT company_id, kind, subject FROM billing.document
WHERE business_date BETWEEN {business_date}::date - {days}::int AND {business_date}::date
