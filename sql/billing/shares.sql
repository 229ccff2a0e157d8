-- Who pays which part of a subscription: company_id, subscription_id, part, debtor (-1 its company, -2 its member, else
-- a person_id), fee_id (null: every fee), rate (millionths of what fixed amounts leave), amount_cents, valid_from, known.
SELECT h.company_id, h.subscription_id, h.part,
  CASE h.payer WHEN 'company' THEN -1 WHEN 'member' THEN -2 ELSE h.person_id END AS debtor,
  h.fee_id, (h.percent * 10000)::bigint AS rate, h.amount_cents, h.valid_from,
  h.payer <> 'person' OR p.person_id IS NOT NULL AS known
FROM master.payer_share h
LEFT JOIN master.person p ON p.company_id = h.company_id AND p.person_id = h.person_id
