-- migrate:up
-- Billing terms in full. Everything here is what a customer states; what follows from it is computed every night.

-- 1. Whose bill day, how far ahead, what a trial costs and when, how stubs are measured, how far back is corrected.
ALTER TABLE master.company
  ADD COLUMN bill_day smallint NOT NULL DEFAULT 1 CHECK (bill_day BETWEEN 1 AND 31),  -- of fees aligned to the company
  ADD COLUMN memo_limit_cents bigint NOT NULL DEFAULT 10000 CHECK (memo_limit_cents >= 0),  -- above it two persons
  ADD COLUMN email text NOT NULL DEFAULT '',           -- where its own mail goes: list bills and what follows from them
  ADD COLUMN documents_from date;                      -- invoices and receipts as PDF from then on; null: only when asked
ALTER TABLE master.person
  ADD COLUMN bill_day smallint CHECK (bill_day BETWEEN 1 AND 31);  -- of fees aligned to the customer; null: the company's
ALTER TABLE master.product
  DROP CONSTRAINT product_proration_check,
  ADD CHECK (proration IN ('actual', 'fixed30', 'fixed28', 'whole', 'fifteenth', 'none')),
  ADD COLUMN billed boolean NOT NULL DEFAULT true,     -- false: somebody else bills it, we only know and tell it
  ADD COLUMN family text NOT NULL DEFAULT '',          -- a change between products of a family keeps the trial's start
  ADD COLUMN bill_ahead_days smallint CHECK (bill_ahead_days BETWEEN 0 AND 90),  -- null: the company's bill_lead_days
  ADD COLUMN trial_billed text NOT NULL DEFAULT 'start' CHECK (trial_billed IN ('start', 'end')),
  ADD COLUMN stub_counts boolean NOT NULL DEFAULT true,             -- a leading stub is paid period number 1
  ADD COLUMN enrollment_again boolean NOT NULL DEFAULT false,       -- one-time fees come again on reinstatement
  ADD COLUMN age_on text NOT NULL DEFAULT 'coverage_start'
    CHECK (age_on IN ('coverage_start', 'year_start', 'subscription_start')),
  ADD COLUMN retro_add_days smallint CHECK (retro_add_days BETWEEN 0 AND 1100),  -- null: three calendar months
  ADD COLUMN retro_term_days smallint CHECK (retro_term_days BETWEEN 0 AND 1100),
  ADD COLUMN dunning text NOT NULL DEFAULT '';         -- master.dunning_step.ladder; '': reminders and lapses are off
ALTER TABLE master.fee
  DROP CONSTRAINT fee_kind_check,
  ADD CHECK (kind IN ('premium', 'admin', 'enrollment', 'trial', 'tax')),
  DROP CONSTRAINT fee_recurrence_check,
  ADD CHECK (recurrence IN ('weekly', 'biweekly', 'semimonthly', 'monthly', 'quarterly', 'halfyearly', 'yearly', 'one_time')),
  ADD COLUMN alignment text NOT NULL DEFAULT 'subscription' CHECK (alignment IN ('subscription', 'customer', 'company'));
-- The most specific price wins: member, group, company, agent, tier, age band, in this order; then step, then the latest.
ALTER TABLE master.price
  ADD COLUMN member_code text NOT NULL DEFAULT '',     -- with company_code: one member's own price
  ADD COLUMN group_code text NOT NULL DEFAULT '',      -- with company_code: a sub-group and all below it
  ADD COLUMN agent_code text NOT NULL DEFAULT '',      -- the writing agent
  ADD COLUMN age_from smallint NOT NULL DEFAULT 0 CHECK (age_from BETWEEN 0 AND 150),
  ADD COLUMN age_to smallint NOT NULL DEFAULT 150 CHECK (age_to BETWEEN 0 AND 150),  -- the last year of the band
  ADD COLUMN percent numeric(7, 4) CHECK (percent BETWEEN 0 AND 1000),  -- of the premium lines of the same coverage (tax)
  ADD CHECK (age_to >= age_from),
  ADD CHECK (member_code = '' OR company_code <> ''),
  ADD CHECK (group_code = '' OR company_code <> ''),
  DROP CONSTRAINT price_fee_id_company_code_tier_step_from_valid_from_key,
  ADD UNIQUE (fee_id, company_code, member_code, group_code, agent_code, tier, age_from, step_from, valid_from);
ALTER TABLE master.subscription
  ADD COLUMN created_on date,                          -- the day it was entered; null: unknown
  ADD COLUMN recurring_from date,                      -- recurring fees begin then; null: with the trial's end
  ADD COLUMN group_code text NOT NULL DEFAULT '',      -- master.sub_group
  -- An open end is null; a day called infinity would stop the whole night and not one company.
  ADD CONSTRAINT days_of_a_calendar CHECK (isfinite(start_date) AND isfinite(coalesce(end_date, start_date))
    AND isfinite(coalesce(created_on, start_date)) AND isfinite(coalesce(recurring_from, start_date)));
ALTER TABLE master.hold ADD CONSTRAINT days_of_a_calendar CHECK (isfinite(from_date) AND isfinite(to_date));

-- 2. Groups below a company: a list bill goes to the nearest group upwards that is billed, else to the company.
CREATE TABLE master.sub_group (
  company_id  int NOT NULL REFERENCES master.company,
  code        text NOT NULL CHECK (code <> ''),
  name        text NOT NULL,
  parent_code text NOT NULL DEFAULT '',                -- '' directly below the company
  billed      boolean NOT NULL DEFAULT true,           -- gets an invoice of its own
  account_code text NOT NULL DEFAULT '',               -- drafted from; '': the company's own account
  pays_per_year smallint NOT NULL DEFAULT 12 CHECK (pays_per_year IN (12, 24, 26, 52)),  -- payroll deductions
  email       text NOT NULL DEFAULT '',                -- '': the company's
  PRIMARY KEY (company_id, code)
);
-- Who pays which part of a subscription; nothing here: its own payer pays all. Fixed amounts first, then the percents.
CREATE TABLE master.payer_share (
  company_id  int NOT NULL,
  subscription_id int NOT NULL,
  part        smallint NOT NULL CHECK (part BETWEEN 1 AND 9),
  payer       text NOT NULL CHECK (payer IN ('member', 'company', 'person')),
  person_id   int,                                     -- of payer 'person'
  fee_id      int,                                     -- only of this fee; null: of every fee
  percent     numeric(7, 4) CHECK (percent > 0 AND percent <= 100),
  amount_cents bigint CHECK (amount_cents > 0),        -- per whole period
  valid_from  date NOT NULL DEFAULT '1900-01-01',
  PRIMARY KEY (company_id, subscription_id, part, valid_from),
  CHECK ((percent IS NULL) <> (amount_cents IS NULL)),
  CHECK ((payer = 'person') = (person_id IS NOT NULL)),
  FOREIGN KEY (company_id, subscription_id) REFERENCES master.subscription
);

-- 3. A line is one payer's part of a charge; an invoice is one payer's, of one group, with one due date. The debtor is
--    kept with the line, so that a changed share credits whoever was billed: 0 the subscription's own payer (by its
--    method), -1 its company, -2 its member, else that person_id.
ALTER TABLE billing.line
  ADD COLUMN part smallint NOT NULL DEFAULT 1 CHECK (part BETWEEN 1 AND 9),
  ADD COLUMN debtor int NOT NULL DEFAULT 0 CHECK (debtor >= -2),
  DROP CONSTRAINT line_amount_cents_check,
  ADD CHECK (amount_cents <> 0 OR vendor_cents <> 0 OR commissionable_cents <> 0),  -- cost alone may be corrected
  DROP CONSTRAINT line_company_id_subscription_id_fee_id_coverage_start_revis_key,
  ADD UNIQUE (company_id, subscription_id, fee_id, coverage_start, part, debtor, revision);
ALTER TABLE billing.invoice
  DROP CONSTRAINT invoice_run_no_fkey,                 -- looked up row by row it took as long as the rows themselves
  ADD COLUMN group_code text NOT NULL DEFAULT '';      -- list bills: master.sub_group, '' the company
DROP INDEX billing.invoice_once;
CREATE UNIQUE INDEX invoice_once ON billing.invoice (company_id, bill_date, person_id, group_code, sequence) NULLS NOT DISTINCT;
-- A group's credit is its own: as in migration 10, and whose it is.
CREATE OR REPLACE VIEW payments.credit_left WITH (security_invoker = true) AS
  SELECT i.company_id, i.invoice_id, coalesce(i.person_id, 0) AS payer, i.bill_date,
    (-i.total_cents - coalesce(u.cents, 0) - coalesce(n.cents, 0))::bigint AS left_cents, i.group_code
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

-- 4. Memos: a person's correction of an invoice, with a reason and a limit; above the threshold a second person agrees.
CREATE TABLE billing.memo (
  company_id  int NOT NULL,
  memo_id     bigint NOT NULL,
  line_id     bigint NOT NULL,                         -- billing.line, revision 0
  kind        text NOT NULL CHECK (kind IN ('credit', 'debit', 'write_off')),
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reason      text NOT NULL CHECK (reason <> ''),
  requested_by text NOT NULL,
  reverses    bigint,                                  -- the memo it takes back, of the same kind and amount
  needs_approval boolean NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, memo_id)
);
CREATE UNIQUE INDEX memo_reversed_once ON billing.memo (company_id, reverses) WHERE reverses IS NOT NULL;
-- What a second person allowed: a memo, or a lapse for non-payment.
CREATE TABLE billing.consent (
  company_id  int NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('memo', 'lapse', 'reinstatement')),
  subject     text NOT NULL,                           -- memo_id; invoice_id of what was not paid
  granted     boolean NOT NULL,
  requested_by text NOT NULL,
  granted_by  text NOT NULL CHECK (lower(btrim(granted_by)) NOT IN ('', lower(btrim(requested_by)))),
  reason      text NOT NULL DEFAULT '',
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, kind, subject)
);

-- A memo's line: its kind is memo or write_off, its revision the memo's number below zero, as is the sequence of its
-- invoice. So it is outside of what billing compares, and no number of a night moves by it.
ALTER TABLE billing.line
  DROP CONSTRAINT line_kind_check,
  ADD CHECK (kind IN ('charge', 'credit', 'retro_add', 'retro_term', 'reprice', 'memo', 'write_off')),
  ADD CHECK ((kind IN ('memo', 'write_off')) = (revision < 0));
CREATE INDEX memo_line ON billing.line (company_id, corrects, revision) WHERE revision < 0;
INSERT INTO ledger.account VALUES (5000, 'Bad debt', 'debit', 'billing.line');
-- Where a memo stands, and what it does to the debt: signed_cents. A memo needs no consent below the company's limit.
CREATE VIEW billing.memo_state WITH (security_invoker = true) AS
  SELECT m.company_id, m.memo_id, m.line_id, m.kind, m.amount_cents, m.reason, m.requested_by, m.reverses, m.business_date,
    CASE WHEN (m.kind = 'debit') = (m.reverses IS NULL) THEN m.amount_cents ELSE -m.amount_cents END AS signed_cents,
    CASE WHEN EXISTS (SELECT FROM billing.line l WHERE l.company_id = m.company_id AND l.corrects = m.line_id
                        AND l.revision < 0 AND l.revision = (-m.memo_id)::int) THEN 'posted'
         WHEN c.granted IS NULL AND m.needs_approval THEN 'waiting'
         WHEN c.granted THEN 'ready' WHEN NOT c.granted THEN 'refused' ELSE 'ready' END AS state,
    c.business_date AS decided_on
  FROM billing.memo m
  LEFT JOIN billing.consent c ON c.company_id = m.company_id AND c.kind = 'memo' AND c.subject = m.memo_id::text;
-- What is left of a line: the charge, its corrections and memos, less memos that are still to be posted. Cents.
CREATE FUNCTION billing.left_of(company int, line bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT (SELECT coalesce(sum(l.amount_cents), 0) FROM billing.line o
          JOIN billing.line l USING (company_id, subscription_id, fee_id, coverage_start, part, debtor)
          WHERE o.company_id = company AND o.line_id = line)::bigint
    + (SELECT coalesce(sum(least(m.signed_cents, 0)), 0) FROM billing.memo_state m
       WHERE m.company_id = company AND m.line_id = line AND m.state IN ('waiting', 'ready'))::bigint
$$;
-- What of an invoice nothing pays yet: its total less credits used on it and attempts that stand. Cents.
CREATE FUNCTION billing.open_of(company int, invoice bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (SELECT i.total_cents FROM billing.invoice i WHERE i.company_id = company AND i.invoice_id = invoice)
    - (SELECT coalesce(sum(u.amount_cents), 0) FROM payments.credit_use u
       WHERE u.company_id = company AND u.to_invoice = invoice)::bigint
    - (SELECT coalesce(sum(a.amount_cents), 0) FROM payments.attempt a
       WHERE a.company_id = company AND a.invoice_id = invoice AND NOT EXISTS (
         SELECT FROM payments.ach_entry e JOIN payments.undone x USING (company_id, entry_id)
         WHERE e.company_id = a.company_id AND e.purpose = 'premium' AND e.source_id = a.attempt_id))::bigint
$$;
-- A memo never takes more than is left, whoever writes it and at whatever time: one after the other per line.
CREATE FUNCTION billing.memo_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong text; signed bigint := CASE WHEN (NEW.kind = 'debit') = (NEW.reverses IS NULL) THEN NEW.amount_cents
                                          ELSE -NEW.amount_cents END;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(format('billing.line/%s/%s', NEW.company_id, NEW.line_id), 0));
  wrong := CASE
    WHEN NOT EXISTS (SELECT FROM billing.line l WHERE l.company_id = NEW.company_id AND l.line_id = NEW.line_id
                       AND l.revision = 0) THEN 'is of no charge'
    WHEN NEW.reverses IS NOT NULL AND NOT EXISTS (
      SELECT FROM billing.memo_state e WHERE e.company_id = NEW.company_id AND e.memo_id = NEW.reverses
        AND e.line_id = NEW.line_id AND e.kind = NEW.kind AND e.amount_cents = NEW.amount_cents
        AND e.reverses IS NULL AND e.state = 'posted') THEN 'is no mirror of a posted one'
    WHEN billing.left_of(NEW.company_id, NEW.line_id) + least(signed, 0) < 0 THEN 'takes more than is left of its line'
    WHEN NOT NEW.needs_approval AND NEW.amount_cents > (SELECT c.memo_limit_cents FROM master.company c
                                                       WHERE c.company_id = NEW.company_id) THEN 'needs a second person'
    END;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'memo % of company % %', NEW.memo_id, NEW.company_id, wrong USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER memo_fits BEFORE INSERT ON billing.memo FOR EACH ROW EXECUTE FUNCTION billing.memo_fits();

-- 5. Overdue: a ladder per product (and state), and what was done, once per invoice and step.
CREATE TABLE master.dunning_step (
  ladder      text NOT NULL,
  state       text NOT NULL DEFAULT '',                -- of the payer; '' every other
  step        smallint NOT NULL CHECK (step BETWEEN 1 AND 20),
  after_months smallint NOT NULL DEFAULT 0 CHECK (after_months BETWEEN 0 AND 12),  -- since the due date, and then
  after_days  smallint NOT NULL CHECK (after_days BETWEEN 0 AND 400),  -- so many days; a binder's lapse knows no grace
  action      text NOT NULL CHECK (action IN ('reminder', 'warning', 'hold', 'lapse')),
  template    text NOT NULL DEFAULT '',
  least_cents bigint NOT NULL DEFAULT 1 CHECK (least_cents >= 0),      -- below that much open nothing is done
  needs_consent boolean NOT NULL DEFAULT true,         -- a lapse waits for a person
  keep_months smallint NOT NULL DEFAULT 0 CHECK (keep_months BETWEEN 0 AND 3),  -- of the unpaid coverage stay in force
  reinstate_days smallint NOT NULL DEFAULT 0 CHECK (reinstate_days BETWEEN 0 AND 400),
  valid_from  date NOT NULL DEFAULT '1900-01-01',
  PRIMARY KEY (ladder, state, step, valid_from)
);
CREATE TABLE billing.dunning (
  company_id  int NOT NULL,
  invoice_id  bigint NOT NULL,
  step        smallint NOT NULL,
  action      text NOT NULL CHECK (action IN ('reminder', 'warning', 'hold', 'lapse')),
  open_cents  bigint NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, invoice_id, step)
);
-- Dated acts of billing upon coverage: a lapse ends it as of a day in the past, a reinstatement takes the lapse back.
CREATE TABLE billing.standing (
  company_id  int NOT NULL,
  subscription_id int NOT NULL,
  event_no    int NOT NULL,
  event       text NOT NULL CHECK (event IN ('lapse', 'reinstatement', 'payment_hold', 'payment_hold_over')),
  effective_date date NOT NULL,                        -- lapse: the first day not covered
  invoice_id  bigint,                                  -- the unpaid one
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, subscription_id, event_no)
);

CREATE INDEX standing_by_invoice ON billing.standing (company_id, invoice_id);
-- Subscriptions that are charged but not drafted on a business date: an earlier night knows no later hold.
CREATE FUNCTION billing.on_payment_hold(as_of date) RETURNS TABLE (company_id int, subscription_id int)
LANGUAGE sql STABLE AS $$
  SELECT x.company_id, x.subscription_id FROM (
    SELECT DISTINCT ON (s.company_id, s.subscription_id) s.company_id, s.subscription_id, s.event
    FROM billing.standing s
    WHERE s.event IN ('payment_hold', 'payment_hold_over') AND s.business_date <= as_of
    ORDER BY s.company_id, s.subscription_id, s.business_date DESC, s.event_no DESC) x
  WHERE x.event = 'payment_hold'
$$;
-- A consent is about something that asked for it, and the name it is asked in is not to be chosen.
CREATE FUNCTION billing.consent_is_asked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE asked boolean;
BEGIN
  asked := CASE NEW.kind
    WHEN 'memo' THEN EXISTS (SELECT FROM billing.memo m WHERE m.company_id = NEW.company_id AND m.needs_approval
      AND m.memo_id::text = NEW.subject AND m.requested_by = NEW.requested_by)
    WHEN 'lapse' THEN EXISTS (SELECT FROM billing.dunning d WHERE d.company_id = NEW.company_id AND d.action = 'lapse'
      AND d.invoice_id::text = NEW.subject)
    ELSE EXISTS (SELECT FROM billing.standing s WHERE s.company_id = NEW.company_id AND s.event = 'lapse'
      AND s.invoice_id::text = NEW.subject) END;
  IF NOT asked THEN
    RAISE EXCEPTION '% % of company % asks for no consent', NEW.kind, NEW.subject, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER consent_is_asked BEFORE INSERT ON billing.consent
  FOR EACH ROW EXECUTE FUNCTION billing.consent_is_asked();

-- 6. Documents: bytes by hash, a number per company without gaps, asked for again they are the same.
CREATE TABLE billing.document (
  company_id  int NOT NULL,
  document_no bigint NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('invoice', 'receipt', 'memo', 'reminder', 'deductions')),
  subject     text NOT NULL,                           -- invoice_id (deductions too); settled entry; invoice and step
  template    text NOT NULL,
  template_sha256 bytea NOT NULL,
  sha256      bytea NOT NULL,
  size        bigint NOT NULL,
  sealed      bytea NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, document_no),
  UNIQUE (company_id, kind, subject)
);
-- One message per event, for ever; what became of it is told by mail_event.
CREATE TABLE billing.mail (
  company_id  int NOT NULL,
  mail_id     bigint NOT NULL,
  event_key   text NOT NULL,                           -- invoice/17, receipt/..., reminder/17/2
  person_id   int,                                     -- to whom; null: the company
  document_no bigint,
  template    text NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, mail_id),
  UNIQUE (company_id, event_key)
);
CREATE TABLE billing.mail_event (
  company_id  int NOT NULL,
  mail_id     bigint NOT NULL,
  event_no    smallint NOT NULL,
  state       text NOT NULL CHECK (state IN ('sending', 'sent', 'refused', 'failed', 'unknown', 'no_address')),
  detail      text NOT NULL DEFAULT '',
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, mail_id, event_no)
);

-- 7. What a night need not look at. No facts: emptied, they cost one night that looks at everything.
-- As of this business date everything is booked that these terms (of company and catalogue, by digest) ask for.
CREATE TABLE billing.settled (
  company_id  int NOT NULL,
  product_id  int NOT NULL,
  business_date date NOT NULL,
  digest      text NOT NULL,
  PRIMARY KEY (company_id, product_id)
);
-- Whose rows were changed since a night looked, by whatever program; taken out by the night that has seen the change.
CREATE TABLE billing.touched (
  company_id  int NOT NULL,
  subscription_id int,
  person_id   int,                                     -- a subscriber: every subscription of his
  changed_in  xid8 NOT NULL DEFAULT pg_current_xact_id()
);
-- Each company's invoices up to this one are asked for or paid, but for those that wait (no account, a hold, a later date).
CREATE TABLE payments.asked (
  company_id  int PRIMARY KEY,
  upto        bigint NOT NULL,
  waiting     bigint[] NOT NULL
);
-- Credits are few among invoices, and every night looks for them.
CREATE INDEX invoice_credit ON billing.invoice (company_id, invoice_id) WHERE total_cents < 0;
-- The few customers with a bill day of their own, and whose account is whose: asked for every night.
CREATE INDEX person_bill_day ON master.person (company_id, person_id) WHERE bill_day IS NOT NULL;
CREATE INDEX account_by_person ON master.bank_account (company_id, person_id);
-- Per statement and not per row: a load of a million rows costs one more INSERT.
CREATE FUNCTION billing.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('INSERT INTO billing.touched (company_id, %I) SELECT company_id, %s FROM changed', TG_ARGV[0], TG_ARGV[1]);
  RETURN NULL;
END $$;
CREATE PROCEDURE billing.watch(t regclass, key text, value text) LANGUAGE plpgsql AS $$
DECLARE verb text;
BEGIN
  FOREACH verb IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
    EXECUTE format('CREATE TRIGGER touched_by_%s AFTER %s ON %s REFERENCING %s TABLE AS changed '
      'FOR EACH STATEMENT EXECUTE FUNCTION billing.touch(%L, %L)',
      lower(verb), verb, t, CASE verb WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END, key, value);
  END LOOP;
END $$;
CALL billing.watch('master.subscription', 'subscription_id', 'subscription_id');
CALL billing.watch('master.hold', 'subscription_id', 'subscription_id');
CALL billing.watch('master.covered', 'subscription_id', 'subscription_id');
CALL billing.watch('master.payer_share', 'subscription_id', 'subscription_id');
CALL billing.watch('billing.standing', 'subscription_id', 'subscription_id');
CALL billing.watch('master.person', 'person_id', 'coalesce(subscriber_id, person_id)');
CALL audit.per_company('billing.settled');
CALL audit.per_company('billing.touched');
CALL audit.per_company('payments.asked');
GRANT SELECT, INSERT, UPDATE ON payments.asked TO daybook_runtime;
GRANT SELECT, INSERT, UPDATE ON billing.settled TO daybook_runtime;
GRANT SELECT, INSERT, DELETE ON billing.touched TO daybook_runtime;

CALL audit.append_only('billing.memo');
CALL audit.append_only('billing.consent');
CALL audit.append_only('billing.dunning');
CALL audit.append_only('billing.standing');
CALL audit.append_only('billing.document');
CALL audit.append_only('billing.mail');
CALL audit.append_only('billing.mail_event');
CALL audit.per_company('master.sub_group');
CALL audit.per_company('master.payer_share');
CALL audit.per_company('billing.memo');
CALL audit.per_company('billing.consent');
CALL audit.per_company('billing.dunning');
CALL audit.per_company('billing.standing');
CALL audit.per_company('billing.document');
CALL audit.per_company('billing.mail');
CALL audit.per_company('billing.mail_event');
GRANT SELECT, INSERT ON master.sub_group, master.payer_share, master.dunning_step, billing.memo, billing.dunning,
  billing.standing, billing.document, billing.mail, billing.mail_event TO daybook_runtime;
GRANT SELECT ON billing.consent TO daybook_runtime;   -- given by the login of those who approve
GRANT SELECT, INSERT ON billing.consent TO daybook_releaser;
GRANT SELECT ON billing.memo, billing.dunning, billing.standing TO daybook_releaser;
GRANT UPDATE, DELETE ON master.sub_group, master.payer_share, master.dunning_step TO daybook_runtime;
GRANT SELECT ON billing.memo, billing.consent, billing.dunning, billing.standing, billing.mail, billing.mail_event,
  billing.memo_state TO daybook_auditor;
GRANT SELECT ON billing.memo_state TO daybook_runtime;
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    GRANT MAINTAIN ON master.sub_group, master.payer_share, master.dunning_step, billing.memo, billing.dunning,
      billing.standing, billing.document, billing.mail, billing.mail_event TO daybook_runtime;
  END IF;
END $$;

-- migrate:down
SELECT 1;
