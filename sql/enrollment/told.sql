-- Every version of what each vendor was told of a person under a subscription: company_id, partner, person_id,
-- subscription_id, version, file_id, set_control, tier, begin, end, line, plan_code (of then; today's for what was
-- told before they were kept), member_print, fingerprint, head_id, vendor_id, sub_end,
-- run_no.
SELECT m.company_id, m.partner, m.person_id, m.subscription_id, m.version, m.file_id, m.set_control, m.tier,
  m.coverage_start AS begin, m.coverage_end AS "end", coalesce(m.line, p.line) AS line,
  coalesce(m.plan_code, p.plan_code) AS plan_code, m.member_print, m.fingerprint, s.person_id AS head_id, p.vendor_id,
  s.end_date AS sub_end, m.run_no
FROM enrollment.member_state m
JOIN master.subscription s USING (company_id, subscription_id) JOIN master.product p USING (product_id)
