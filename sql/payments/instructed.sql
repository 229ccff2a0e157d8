-- Which of these instructions are recorded: company_id, purpose, subject.
SELECT company_id, purpose, subject FROM payments.instruction
JOIN unnest({company_ids}::int[], {purposes}::text[], {subjects}::text[]) AS w (company_id, purpose, subject)
  USING (company_id, purpose, subject)
