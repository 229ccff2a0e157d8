-- Adds what a second person decided about a memo, a lapse or a reinstatement.
INSERT INTO billing.consent (company_id, kind, subject, granted, requested_by, granted_by, reason, business_date, run_no)
VALUES ({company}, {kind}, {subject}, {granted}, {requested_by}, {granted_by}, {reason}, {business_date}, {run})
