-- Takes the staged rows out of master.payer_share: nothing.
DELETE FROM master.payer_share t USING {staged} s
WHERE t.company_id = s.company_id AND t.subscription_id = s.subscription_id AND t.valid_from = s.valid_from
  AND t.part = s.part
