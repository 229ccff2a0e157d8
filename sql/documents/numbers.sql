-- The documents of these companies and subjects (arrays side by side): company_id, kind, subject, document_no, template.
SELECT d.company_id, d.kind, d.subject, d.document_no, d.template
FROM unnest({owners}::int[], {kinds}::text[], {subjects}::text[]) w (company_id, kind, subject)
JOIN billing.document d ON d.company_id = w.company_id AND d.kind = w.kind AND d.subject = w.subject
ORDER BY d.company_id, d.document_no
