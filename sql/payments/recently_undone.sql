-- Entries of business dates from `since` on that stand no longer: taken out with a void file, returned, or reversed:
-- company_id, entry_id.
SELECT company_id, entry_id FROM payments.voided WHERE business_date BETWEEN {since}::date AND {business_date}::date
UNION
SELECT company_id, entry_id FROM payments.undone WHERE business_date BETWEEN {since}::date AND {business_date}::date
