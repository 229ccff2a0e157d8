-- migrate:up
-- One row per run of the program: every other row names its run.
CREATE TABLE audit.run (
  run_no      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job         text NOT NULL,              -- night, release, inbound, load ...
  orchestrator_run text UNIQUE,           -- Dagster's run id
  book_code   text,
  business_date date,
  actor       text NOT NULL,
  started_at  timestamptz NOT NULL DEFAULT now()
);
CALL audit.append_only('audit.run');

-- What a step appended for a company: written in the step's own transaction.
CREATE TABLE audit.step (
  company_id  int NOT NULL,
  step        text NOT NULL,              -- billing.charges, payments.attempts ...
  business_date date NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  rows_appended bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX step_by_date ON audit.step (company_id, business_date);
CALL audit.append_only('audit.step');
CALL audit.per_company('audit.step');

-- A company whose step failed: the others went on.
CREATE TABLE audit.set_aside (
  company_id  int NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  step        text NOT NULL,
  business_date date NOT NULL,
  reason      text NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
CALL audit.append_only('audit.set_aside');
CALL audit.per_company('audit.set_aside');

-- A row that a step could not use: named once per cause, used again as soon as the cause is gone.
CREATE TABLE audit.quarantine (
  company_id  int NOT NULL,
  step        text NOT NULL,
  subject     text NOT NULL,              -- subscription S-1001, invoice 17 ...: a code, never a name or number
  rule        text NOT NULL,
  reason      text NOT NULL,
  business_date date NOT NULL,            -- first seen
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (company_id, step, subject, rule)
);
CALL audit.append_only('audit.quarantine');
CALL audit.per_company('audit.quarantine');

-- Who did what by hand (approve, void, sent by hand ...), chained: each row's hash covers the one before.
CREATE TABLE audit.action (
  action_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  actor       text NOT NULL,
  action      text NOT NULL,
  object      text NOT NULL,
  reason      text NOT NULL DEFAULT '',
  previous_hash bytea,
  own_hash    bytea NOT NULL,
  acted_at    timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION audit.chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit.action'));
  SELECT own_hash INTO NEW.previous_hash FROM audit.action ORDER BY action_no DESC LIMIT 1;
  NEW.own_hash := sha256(convert_to(concat_ws('|', encode(coalesce(NEW.previous_hash, ''), 'hex'),
    NEW.action_no, NEW.actor, NEW.action, NEW.object, NEW.reason), 'UTF8'));
  RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON audit.action FOR EACH ROW EXECUTE FUNCTION audit.chain();
CALL audit.append_only('audit.action');

-- Something a person must look at: raised once per key, shown until somebody answers.
CREATE TABLE audit.alert (
  key         text PRIMARY KEY,           -- overdue_ack/HARBOR/17 ...
  kind        text NOT NULL,
  detail      text NOT NULL,
  raised_on   date NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
CALL audit.append_only('audit.alert');

-- The master key this record was sealed with, by fingerprint: another key is noticed before anything is opened.
CREATE TABLE audit.installation (
  one         boolean PRIMARY KEY DEFAULT true CHECK (one),
  key_fingerprint text NOT NULL,
  made_at     timestamptz NOT NULL DEFAULT now()
);
CALL audit.append_only('audit.installation');

-- migrate:down
SELECT 1;
