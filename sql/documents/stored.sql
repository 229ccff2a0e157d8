-- One document as it is kept: document_no, sha256, size, sealed, on_date, template.
SELECT document_no, sha256, size, sealed, business_date AS on_date, template FROM billing.document
WHERE company_id = {company}::int AND kind = {kind} AND subject = {subject}
