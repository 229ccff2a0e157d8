-- How many journals this step and event already has at this business date: company_id, journals.
SELECT company_id, count(*) AS journals FROM ledger.journal
WHERE source_kind = {step} AND event = {event} AND business_date = {business_date}::date
GROUP BY company_id
