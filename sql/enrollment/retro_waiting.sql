-- Coverages of a member whose change waits because it is too old for a vendor, and which nobody let go yet: company_id,
-- partner, person_id, subscription_id, effective_date.
SELECT p.company_id, {partner} AS partner, p.person_id, s.subscription_id, {effective}::date AS effective_date
FROM master.person p
JOIN master.subscription s ON s.company_id = p.company_id AND s.person_id = coalesce(p.subscriber_id, p.person_id)
JOIN master.product d USING (product_id) JOIN master.vendor v USING (vendor_id)
WHERE p.company_id = {company}::int AND p.code = {member} AND v.code = {partner}
  AND EXISTS (SELECT FROM audit.quarantine q WHERE q.company_id = p.company_id AND q.rule = 'enrollment.retro'
    AND q.subject = format('%s: member %s, from %s', v.code, p.code, {effective}::date))
  AND NOT EXISTS (SELECT FROM enrollment.retro_release r WHERE r.company_id = p.company_id AND r.partner = v.code
    AND r.person_id = p.person_id AND r.subscription_id = s.subscription_id AND r.effective_date = {effective}::date)
ORDER BY s.subscription_id
