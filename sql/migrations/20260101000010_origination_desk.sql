-- migrate:up
-- The origination desk: every kind of entry goes out by one road, from what should be paid to the file it left in.

-- 1. Accounts: whose they are, how they were authorised, since when we have them. Their state is computed from facts
--    (versions, prenotes, validations, stops, releases) and stands nowhere.
ALTER TABLE master.bank_account
  ADD COLUMN owner text NOT NULL DEFAULT 'payer' CHECK (owner IN ('payer', 'agent', 'vendor')),
  ADD COLUMN owner_code text NOT NULL DEFAULT '',      -- agent or vendor code; '' for payers
  ADD COLUMN authorised text NOT NULL DEFAULT 'written' CHECK (authorised IN ('written', 'web', 'phone')),
  ADD COLUMN given_on date,                            -- business date on which this version came to us; null: long ago
  ADD COLUMN validated_on date,                        -- proved good elsewhere before it came to us
  ADD COLUMN closed_on date,                           -- the owner says it is closed from then on
  ADD CHECK ((owner = 'payer') = (owner_code = ''));
CREATE INDEX account_by_owner ON master.bank_account (company_id, owner, owner_code) WHERE owner <> 'payer';

-- A person's proof that an account is good (micro-entries, a service, a letter of the bank). Prenotes are entries.
CREATE TABLE payments.validation (
  company_id  int NOT NULL,
  account_id  int NOT NULL,                            -- this version
  method      text NOT NULL CHECK (method IN ('micro_entry', 'service', 'bank_letter')),
  proof       text NOT NULL CHECK (proof <> ''),       -- reference of the proof that is kept
  actor       text NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, account_id, proof)          -- each proof counts once; a later stop needs another
);
-- A second person lets money go to a payee's new or changed account before its hold is over.
CREATE TABLE payments.hold_release (
  company_id  int NOT NULL,
  account_id  int NOT NULL,
  actor       text NOT NULL,
  reason      text NOT NULL CHECK (reason <> ''),
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, account_id)
);

-- 2. How a payer divides what he owes over his accounts; nothing here: all from the subscription's own account.
CREATE TABLE master.pay_method (
  company_id  int NOT NULL,
  person_id   int NOT NULL,
  part        smallint NOT NULL CHECK (part BETWEEN 1 AND 9),
  account_code text NOT NULL,
  percent     numeric(7, 4) CHECK (percent > 0 AND percent <= 100),
  amount_cents bigint CHECK (amount_cents > 0),        -- fixed amounts are taken first, the percents share the rest
  PRIMARY KEY (company_id, person_id, part),
  CHECK ((percent IS NULL) <> (amount_cents IS NULL)),
  FOREIGN KEY (company_id, person_id) REFERENCES master.person
);
-- Over which banks a company's drafts are spread; nothing here: all through master.company.bank.
CREATE TABLE master.company_bank (
  company_id  int NOT NULL REFERENCES master.company,
  bank        text NOT NULL,
  weight      int NOT NULL CHECK (weight BETWEEN 0 AND 1000),
  monthly_cap_cents bigint CHECK (monthly_cap_cents > 0),
  PRIMARY KEY (company_id, bank)
);
-- Through which bank a payer is drafted: given once, kept (payer 0: the company's own account).
CREATE TABLE payments.route (
  company_id  int NOT NULL,
  payer       int NOT NULL,
  bank        text NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, payer)
);

-- 3. Attempts: a new series begins when what made the last one come back is cured; within one, two reinitiations.
ALTER TABLE payments.attempt
  ADD COLUMN series smallint NOT NULL DEFAULT 1 CHECK (series BETWEEN 1 AND 9),
  ADD COLUMN cures bigint,                             -- the returned entry that this new series answers
  ADD COLUMN same_day boolean NOT NULL DEFAULT false,
  ADD CHECK ((series = 1) = (cures IS NULL)),
  DROP CONSTRAINT attempt_company_id_invoice_id_payer_part_attempt_no_key,
  DROP CONSTRAINT attempt_sec_check,
  ADD CHECK (sec IN ('PPD', 'CCD', 'WEB', 'TEL')),
  ADD UNIQUE (company_id, invoice_id, payer_part, series, attempt_no);
CREATE UNIQUE INDEX cured_once ON payments.attempt (company_id, cures) WHERE cures IS NOT NULL;
-- A person says that the cause of a return is cured without a new account: R08 approved anew, R11 corrected.
CREATE TABLE payments.cure (
  company_id  int NOT NULL,
  entry_id    bigint NOT NULL,                         -- the returned entry
  cause       text NOT NULL CHECK (cause IN ('new_approval', 'corrected')),
  actor       text NOT NULL,
  reason      text NOT NULL CHECK (reason <> ''),
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, entry_id)
);

-- 4. Everything else that should become an entry. The subject is the natural key of its purpose: an account version
--    (prenote), a returned entry (return_fee), an entry (reversal), an invoice and number (refund), a payee and
--    business date (commission, remittance).
CREATE TABLE payments.instruction (
  company_id  int NOT NULL,
  instruction_id bigint NOT NULL,
  purpose     text NOT NULL CHECK (purpose IN ('prenote', 'return_fee', 'reversal', 'refund', 'commission', 'remittance')),
  subject     text NOT NULL,
  direction   text NOT NULL CHECK (direction IN ('debit', 'credit')),
  account_code text NOT NULL,
  account_id  int,                                     -- this very version (prenote, reversal); null: the newest
  amount_cents bigint NOT NULL CHECK ((purpose = 'prenote') = (amount_cents = 0) AND amount_cents >= 0),
  sec         text NOT NULL CHECK (sec IN ('PPD', 'CCD', 'CTX', 'WEB', 'TEL')),
  description text NOT NULL CHECK (description <> '' AND length(description) <= 10),
  individual_id text NOT NULL CHECK (length(individual_id) <= 15),
  wanted_date date NOT NULL,
  not_after   date,                                    -- effective later than this it may not go (reversal, return fee)
  same_day    boolean NOT NULL DEFAULT false,
  addenda     text NOT NULL DEFAULT '' CHECK (length(addenda) <= 80),  -- payment information of its one addenda 05
  reverses    bigint,                                  -- the entry a reversal undoes
  invoice_id  bigint,                                  -- the credit invoice a refund pays out
  requested_by text NOT NULL,                          -- a person, or the step that found it due
  reason      text NOT NULL DEFAULT '',
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, instruction_id),
  UNIQUE (company_id, purpose, subject),
  CHECK ((purpose = 'reversal') = (reverses IS NOT NULL)),
  CHECK ((purpose = 'refund') = (invoice_id IS NOT NULL))
);

-- 5. Entries of every purpose; a void file's entries may be cut again, each cut once.
ALTER TABLE payments.ach_entry
  DROP CONSTRAINT ach_entry_purpose_check,
  ADD CHECK (purpose IN ('premium', 'prenote', 'return_fee', 'reversal', 'refund', 'commission', 'remittance')),
  ADD COLUMN cut smallint NOT NULL DEFAULT 1 CHECK (cut >= 1),
  ADD COLUMN reverses bigint,
  ADD COLUMN addenda text NOT NULL DEFAULT '' CHECK (length(addenda) <= 80),  -- payment information of its addenda 05
  -- What the entry is booked against: receivable, vendor payable, commission payable or fee income.
  ADD COLUMN contra int NOT NULL DEFAULT 1100 CHECK (contra IN (1100, 2100, 2200, 4000)),
  -- Money to us is positive (debits), money from us negative (credits).
  ADD COLUMN signed_cents bigint NOT NULL
    GENERATED ALWAYS AS (CASE WHEN transaction_code % 10 >= 5 THEN amount_cents ELSE -amount_cents END) STORED,
  ALTER COLUMN journal_id DROP NOT NULL,               -- nothing is journalled for a prenote
  ADD CHECK ((purpose = 'prenote') = (journal_id IS NULL)),
  DROP CONSTRAINT ach_entry_company_id_purpose_source_id_attempt_no_key,
  ADD UNIQUE (company_id, purpose, source_id, attempt_no, cut);
CREATE INDEX entry_reversed ON payments.ach_entry (company_id, reverses) WHERE reverses IS NOT NULL;
CREATE INDEX prenote_by_account ON payments.ach_entry (company_id, account_id) WHERE purpose = 'prenote';
-- Entries by account, for what settled on it and for the search for doubles.
CREATE INDEX entry_by_account ON payments.ach_entry (company_id, account_id, business_date);

-- An entry of a void file, taken out of the books again.
CREATE TABLE payments.voided (
  company_id  int NOT NULL,
  entry_id    bigint NOT NULL,
  business_date date NOT NULL,
  journal_id  bigint,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, entry_id)
);
CREATE FUNCTION payments.cut_needs_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM payments.ach_entry e JOIN payments.voided v USING (company_id, entry_id)
                 WHERE e.company_id = NEW.company_id AND e.purpose = NEW.purpose AND e.source_id = NEW.source_id
                   AND e.attempt_no = NEW.attempt_no AND e.cut = NEW.cut - 1) THEN
    RAISE EXCEPTION '% % of company % is in a file that is not void', NEW.purpose, NEW.source_id, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cut_needs_void BEFORE INSERT ON payments.ach_entry
  FOR EACH ROW WHEN (NEW.cut > 1) EXECUTE FUNCTION payments.cut_needs_void();

-- 6. Files: through which bank, planned when, to be sent until when, and their offset entries.
ALTER TABLE payments.ach_file
  ADD COLUMN ach_company_id text,                      -- company id of its batches; null: the origin
  ADD COLUMN blocking boolean NOT NULL DEFAULT true,
  ADD COLUMN relaxed text NOT NULL DEFAULT '',         -- rules of the standard its bank breaks, joined by commas
  ADD COLUMN segment text NOT NULL DEFAULT '',         -- what the bank wants apart: credits, debits, an SEC code
  ADD COLUMN planned_at timestamptz,                   -- the moment its dates were planned for
  ADD COLUMN send_by timestamptz,                      -- after this cut-off its effective dates are stale
  ADD COLUMN offset_account_id int,                    -- balanced files: the company's own account
  ADD COLUMN offset_per text CHECK (offset_per IN ('batch', 'file')),
  ADD COLUMN offset_debit_cents bigint NOT NULL DEFAULT 0,
  ADD COLUMN offset_credit_cents bigint NOT NULL DEFAULT 0;

-- File ID modifiers are given out by origin and day over all companies, whoever shares the origin, under a lock. The
-- number of the modifier (A is 1) is also the file's sequence in exchange.file.
CREATE TABLE payments.file_modifier (
  destination text NOT NULL,
  origin      text NOT NULL,
  business_date date NOT NULL,
  sequence    smallint NOT NULL CHECK (sequence BETWEEN 1 AND 36),
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (destination, origin, business_date, sequence)
);
CALL audit.append_only('payments.file_modifier');

-- 7. Approval: as many people as the file's amount asks for, none of them its maker.
ALTER TABLE exchange.file
  ADD COLUMN approvals_needed smallint NOT NULL DEFAULT 1 CHECK (approvals_needed BETWEEN 1 AND 3),
  ADD COLUMN fingerprint bytea,                        -- of who is paid what, whatever dates and numbers stand around it
  ADD COLUMN questions int NOT NULL DEFAULT 0;         -- entries that look like doubles: an approver must say why not
CREATE INDEX file_by_fingerprint ON exchange.file (company_id, fingerprint);
ALTER TABLE exchange.approval
  DROP CONSTRAINT approval_pkey,
  ADD PRIMARY KEY (company_id, file_id, approved_by);
CREATE OR REPLACE FUNCTION exchange.sending_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IN ('approved', 'sending', 'sent') AND
     (SELECT count(DISTINCT a.approved_by) FROM exchange.approval a
      WHERE a.company_id = NEW.company_id AND a.file_id = NEW.file_id) <
     (SELECT f.approvals_needed FROM exchange.file f WHERE f.company_id = NEW.company_id AND f.file_id = NEW.file_id) THEN
    RAISE EXCEPTION 'file % of company % has not all its approvals', NEW.file_id, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- Who approves twice under another spelling is still one person, and so is the maker.
CREATE UNIQUE INDEX approver_once ON exchange.approval (company_id, file_id, lower(btrim(approved_by)));
ALTER TABLE exchange.approval ADD CHECK (lower(btrim(approved_by)) NOT IN ('', lower(btrim(created_by))));
-- What is said of one file is said one after the other, so that nobody decides from a state that is no more.
CREATE FUNCTION exchange.one_at_a_time(company int, file bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(format('exchange.file/%s/%s', company, file), 0));
  RETURN (SELECT e.state FROM exchange.event e WHERE e.company_id = company AND e.file_id = file
          ORDER BY e.event_no DESC LIMIT 1);
END $$;
CREATE FUNCTION exchange.approval_of_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF exchange.one_at_a_time(NEW.company_id, NEW.file_id) IS DISTINCT FROM 'checked' THEN
    RAISE EXCEPTION 'file % of company % is not one that waits for approval', NEW.file_id, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF btrim(NEW.reason) = '' AND (SELECT f.questions > 0 FROM exchange.file f
                                 WHERE f.company_id = NEW.company_id AND f.file_id = NEW.file_id) THEN
    RAISE EXCEPTION 'file % of company % holds what looks like doubles: its approval needs a reason',
      NEW.file_id, NEW.company_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_of_checked BEFORE INSERT ON exchange.approval
  FOR EACH ROW EXECUTE FUNCTION exchange.approval_of_checked();
-- A void file stays void, and what may have left can't be made void.
CREATE FUNCTION exchange.void_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before text := exchange.one_at_a_time(NEW.company_id, NEW.file_id);
BEGIN
  IF before = 'void' THEN
    RAISE EXCEPTION 'file % of company % is void for ever', NEW.file_id, NEW.company_id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = 'void' AND before IN ('sending', 'sent', 'acknowledged') THEN
    RAISE EXCEPTION 'file % of company % is %: it may have left and can''t be made void', NEW.file_id, NEW.company_id, before
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER void_is_final BEFORE INSERT ON exchange.event
  FOR EACH ROW EXECUTE FUNCTION exchange.void_is_final();
-- Only what is in a void file is taken out of the books: one look per file, since a file may hold 100,000 entries.
CREATE FUNCTION payments.voided_in_void_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
  SELECT f.company_id, f.file_id INTO wrong
  FROM (SELECT DISTINCT a.company_id, e.file_id FROM added a
        LEFT JOIN payments.ach_entry e ON e.company_id = a.company_id AND e.entry_id = a.entry_id) f
  WHERE (SELECT v.state FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id
         ORDER BY v.event_no DESC LIMIT 1) IS DISTINCT FROM 'void' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'file % of company % is not void: its entries stay in the books', wrong.file_id, wrong.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER voided_in_void_files AFTER INSERT ON payments.voided REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION payments.voided_in_void_files();

-- 8. One truth about what moves what, read by rules, reports and proofs alike. The views see what their reader may see.
-- A returned prenote brings no money back.
ALTER TABLE returns.returned ALTER COLUMN journal_id DROP NOT NULL;
-- The entries that are about an invoice: drafts, refunds, and reversals of either. funds: their money earns; a credit
-- invoice is funded by itself, so that paying it out earns and takes nothing.
CREATE VIEW payments.invoice_entry WITH (security_invoker = true) AS
  SELECT e.company_id, e.entry_id, a.invoice_id, e.signed_cents, true AS funds, e.business_date, e.booked_at
  FROM payments.ach_entry e JOIN payments.attempt a ON a.company_id = e.company_id AND a.attempt_id = e.source_id
  WHERE e.purpose = 'premium'
  UNION ALL
  SELECT e.company_id, e.entry_id, n.invoice_id, e.signed_cents, false, e.business_date, e.booked_at
  FROM payments.ach_entry e JOIN payments.instruction n ON n.company_id = e.company_id AND n.instruction_id = e.source_id
  WHERE e.purpose = 'refund'
  UNION ALL
  SELECT r.company_id, r.entry_id, coalesce(a.invoice_id, n.invoice_id), r.signed_cents, e.purpose = 'premium',
    r.business_date, r.booked_at
  FROM payments.ach_entry r JOIN payments.ach_entry e ON e.company_id = r.company_id AND e.entry_id = r.reverses
  LEFT JOIN payments.attempt a ON e.purpose = 'premium' AND a.company_id = e.company_id AND a.attempt_id = e.source_id
  LEFT JOIN payments.instruction n ON e.purpose = 'refund' AND n.company_id = e.company_id AND n.instruction_id = e.source_id
  WHERE r.reverses IS NOT NULL AND e.purpose IN ('premium', 'refund');
-- What changes what an invoice owes (its lines apart) and how much of it is funded, event by event, in cents.
CREATE VIEW payments.invoice_move WITH (security_invoker = true) AS
  SELECT company_id, invoice_id, -signed_cents AS owed_cents, 0::bigint AS funded_cents, business_date, booked_at
  FROM payments.invoice_entry
  UNION ALL
  SELECT e.company_id, e.invoice_id, e.signed_cents, 0, v.business_date, v.booked_at
  FROM payments.voided v JOIN payments.invoice_entry e USING (company_id, entry_id)
  UNION ALL
  SELECT e.company_id, e.invoice_id, e.signed_cents,
    CASE WHEN r.after_settlement AND e.funds THEN -e.signed_cents ELSE 0 END, r.business_date, r.booked_at
  FROM returns.returned r JOIN payments.invoice_entry e USING (company_id, entry_id)
  UNION ALL
  SELECT e.company_id, e.invoice_id, 0, CASE WHEN e.funds THEN t.amount_cents ELSE 0 END, t.business_date, t.booked_at
  FROM banking.settlement t JOIN payments.invoice_entry e USING (company_id, entry_id)
  UNION ALL
  SELECT company_id, to_invoice, -amount_cents, amount_cents, business_date, booked_at FROM payments.credit_use
  UNION ALL
  SELECT company_id, from_invoice, amount_cents, 0, business_date, booked_at FROM payments.credit_use;
-- Entries whose money is back, or on its way back: returned, or reversed by an entry that stands. since when, and how.
CREATE VIEW payments.undone WITH (security_invoker = true) AS
  SELECT company_id, entry_id, 'returned' AS how, business_date FROM returns.returned
  UNION ALL
  SELECT r.company_id, r.reverses, 'reversed', r.business_date FROM payments.ach_entry r
  WHERE r.reverses IS NOT NULL
    AND NOT EXISTS (SELECT FROM payments.voided v WHERE v.company_id = r.company_id AND v.entry_id = r.entry_id)
    AND NOT EXISTS (SELECT FROM returns.returned b WHERE b.company_id = r.company_id AND b.entry_id = r.entry_id);
-- What is left of credit invoices: less what other invoices used of it, less refunds that did not come back. Above zero.
CREATE VIEW payments.credit_left WITH (security_invoker = true) AS
  SELECT i.company_id, i.invoice_id, coalesce(i.person_id, 0) AS payer, i.bill_date,
    (-i.total_cents - coalesce(u.cents, 0) - coalesce(n.cents, 0))::bigint AS left_cents
  FROM billing.invoice i
  LEFT JOIN (SELECT company_id, from_invoice, sum(amount_cents) AS cents FROM payments.credit_use GROUP BY 1, 2) u
    ON u.company_id = i.company_id AND u.from_invoice = i.invoice_id
  LEFT JOIN (SELECT n.company_id, n.invoice_id, sum(n.amount_cents) AS cents FROM payments.instruction n
             WHERE n.purpose = 'refund' AND NOT EXISTS (
               SELECT FROM payments.ach_entry e JOIN payments.undone x USING (company_id, entry_id)
               WHERE e.company_id = n.company_id AND e.purpose = 'refund' AND e.source_id = n.instruction_id)
             GROUP BY 1, 2) n
    ON n.company_id = i.company_id AND n.invoice_id = i.invoice_id
  WHERE i.total_cents < 0 AND -i.total_cents > coalesce(u.cents, 0) + coalesce(n.cents, 0);
-- More than is left of a credit is not paid out, whoever asks; the subject (invoice and number) holds back a second one
-- that does not see the first.
CREATE FUNCTION payments.refund_has_credit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.amount_cents > coalesce((SELECT c.left_cents FROM payments.credit_left c
                                  WHERE c.company_id = NEW.company_id AND c.invoice_id = NEW.invoice_id), 0) THEN
    RAISE EXCEPTION 'invoice % of company % has not % cents of credit left', NEW.invoice_id, NEW.company_id,
      NEW.amount_cents USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_has_credit BEFORE INSERT ON payments.instruction
  FOR EACH ROW WHEN (NEW.purpose = 'refund') EXECUTE FUNCTION payments.refund_has_credit();

CALL audit.append_only('payments.validation');
CALL audit.append_only('payments.hold_release');
CALL audit.append_only('payments.route');
CALL audit.append_only('payments.cure');
CALL audit.append_only('payments.instruction');
CALL audit.append_only('payments.voided');
CALL audit.per_company('payments.validation');
CALL audit.per_company('payments.hold_release');
CALL audit.per_company('payments.route');
CALL audit.per_company('payments.cure');
CALL audit.per_company('payments.instruction');
CALL audit.per_company('payments.voided');
CALL audit.per_company('master.pay_method');
CALL audit.per_company('master.company_bank');

GRANT SELECT, INSERT ON payments.validation, payments.hold_release, payments.route, payments.cure, payments.instruction,
  payments.voided, payments.file_modifier, master.pay_method, master.company_bank TO daybook_runtime;
GRANT SELECT ON payments.invoice_entry, payments.invoice_move, payments.undone, payments.credit_left
  TO daybook_runtime, daybook_auditor;
GRANT UPDATE, DELETE ON master.pay_method, master.company_bank TO daybook_runtime;  -- lists that a new file replaces
GRANT SELECT ON payments.validation, payments.hold_release, payments.route, payments.cure, payments.instruction,
  payments.voided, payments.file_modifier TO daybook_auditor;
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    GRANT MAINTAIN ON payments.validation, payments.hold_release, payments.route, payments.cure, payments.instruction,
      payments.voided, payments.file_modifier, master.pay_method, master.company_bank TO daybook_runtime;
  END IF;
END $$;

-- 9. People's acts are numbered under the chain's own lock: an act that was rolled back leaves no gap, so that a gap
--    says that a row is gone, and the same acts give the same chain whatever was killed between them.
ALTER TABLE audit.action ALTER COLUMN action_no DROP IDENTITY;
CREATE OR REPLACE FUNCTION audit.chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit.action'));
  SELECT own_hash, action_no + 1 INTO NEW.previous_hash, NEW.action_no FROM audit.action ORDER BY action_no DESC LIMIT 1;
  NEW.action_no := coalesce(NEW.action_no, 1);
  NEW.own_hash := sha256(convert_to(concat_ws('|', encode(coalesce(NEW.previous_hash, ''), 'hex'),
    NEW.action_no, NEW.actor, NEW.action, NEW.object, NEW.reason), 'UTF8'));
  RETURN NEW;
END $$;

-- migrate:down
SELECT 1;
