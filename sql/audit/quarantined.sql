-- What this step has quarantined before: company_id, subject, rule.
SELECT company_id, subject, rule FROM audit.quarantine WHERE step = {step}
