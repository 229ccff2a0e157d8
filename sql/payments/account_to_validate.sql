-- The newest version of one account: company_id, account_id, version, closed_on, known (this proof is on record for it).
SELECT b.company_id, b.account_id, b.version, b.closed_on,
  EXISTS (SELECT FROM payments.validation v WHERE v.company_id = b.company_id AND v.account_id = b.account_id
          AND v.proof = {proof}) AS known
FROM master.bank_account b WHERE b.code = {code} ORDER BY b.version DESC LIMIT 1
