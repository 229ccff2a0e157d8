-- migrate:up
-- Who and what: kept current by intake, which writes every change to intake.change. Codes are the customer's own
-- and are the natural keys; ids are dense per company (or overall, for the catalogue) and never reused.
CREATE TABLE master.book (
  book_id     int PRIMARY KEY,
  code        text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,30}$'),
  name        text NOT NULL,
  time_zone   text NOT NULL
);
CREATE TABLE master.company (
  company_id  int PRIMARY KEY,
  book_id     int NOT NULL REFERENCES master.book,
  code        text NOT NULL UNIQUE,
  name        text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('individual', 'association', 'employer')),
  tax_id      text NOT NULL,              -- employer identification number: public, in every 834 header
  address     text NOT NULL, city text NOT NULL, state text NOT NULL, zip text NOT NULL,
  bank        text NOT NULL,              -- code of the bank's partner profile
  ach_company_id text NOT NULL,           -- NACHA company identification, 10 characters
  ach_company_name text NOT NULL,         -- NACHA company name, 16 characters
  bill_lead_days int NOT NULL DEFAULT 0 CHECK (bill_lead_days BETWEEN 0 AND 60),
  go_live     date NOT NULL               -- coverage that starts earlier was billed elsewhere
);
CREATE TABLE master.vendor (
  vendor_id   int PRIMARY KEY,
  code        text NOT NULL UNIQUE,       -- also the code of its partner profile
  name        text NOT NULL,
  tax_id      text NOT NULL
);
CREATE TABLE master.product (
  product_id  int PRIMARY KEY,
  code        text NOT NULL UNIQUE,
  name        text NOT NULL,
  vendor_id   int NOT NULL REFERENCES master.vendor,
  line        text NOT NULL,              -- 834 insurance line: HLT DEN VIS ...; empty: not an insured product
  plan_code   text NOT NULL,              -- the vendor's own plan code
  proration   text NOT NULL CHECK (proration IN ('actual', 'fixed30', 'whole', 'none')),
  trial_days  int NOT NULL DEFAULT 0 CHECK (trial_days >= 0)
);
CREATE TABLE master.fee (
  fee_id      int PRIMARY KEY,
  product_id  int NOT NULL REFERENCES master.product,
  code        text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('premium', 'admin', 'enrollment', 'trial')),
  recurrence  text NOT NULL CHECK (recurrence IN ('monthly', 'one_time')),
  UNIQUE (product_id, code)
);
-- The most specific price wins (company, then tier, then step), then the latest valid_from; a tie is an error.
CREATE TABLE master.price (
  price_id    int PRIMARY KEY,
  fee_id      int NOT NULL REFERENCES master.fee,
  company_code text NOT NULL DEFAULT '',  -- '' for every company
  tier        text NOT NULL DEFAULT '',   -- '' for every tier; EMP ESP ECH FAM
  step_from   int NOT NULL DEFAULT 1 CHECK (step_from >= 1),  -- from this billed month of the subscription on
  valid_from  date NOT NULL,
  valid_to    date CHECK (valid_to > valid_from),
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  vendor_cents bigint NOT NULL CHECK (vendor_cents >= 0),          -- of it, the vendor's cost
  commissionable_cents bigint NOT NULL CHECK (commissionable_cents >= 0),  -- of it, the base of commission
  UNIQUE (fee_id, company_code, tier, step_from, valid_from),
  CHECK (vendor_cents <= amount_cents AND commissionable_cents <= amount_cents)
);
CREATE TABLE master.agent (
  agent_id    int PRIMARY KEY,
  code        text NOT NULL UNIQUE,
  name        text NOT NULL,
  parent_code text NOT NULL DEFAULT '',   -- '' at the top
  level       int NOT NULL CHECK (level BETWEEN 1 AND 9)  -- 1 is the writing agent, higher is upline
);
-- Cumulative percent per level: each level is paid the spread over the level below.
CREATE TABLE master.commission_rate (
  rate_id     int PRIMARY KEY,
  product_code text NOT NULL DEFAULT '',  -- '' for every product
  level       int NOT NULL,
  percent     numeric(7, 4) NOT NULL CHECK (percent BETWEEN 0 AND 100),
  valid_from  date NOT NULL,
  UNIQUE (product_code, level, valid_from)
);

CREATE TABLE master.person (
  company_id  int NOT NULL REFERENCES master.company,
  person_id   int NOT NULL,
  code        text NOT NULL,
  subscriber_id int,                      -- person_id of the subscriber; null for a subscriber
  relationship text NOT NULL CHECK (relationship IN ('self', 'spouse', 'child')),
  first_name  text NOT NULL, last_name text NOT NULL,
  birth_date  date NOT NULL,
  gender      text NOT NULL CHECK (gender IN ('F', 'M', 'U')),
  address     text NOT NULL, city text NOT NULL, state text NOT NULL, zip text NOT NULL,
  phone       text NOT NULL DEFAULT '', email text NOT NULL DEFAULT '',
  ssn_sealed  bytea,                      -- AES-256-GCM; null when unknown
  ssn_blind   bytea,
  PRIMARY KEY (company_id, person_id),
  UNIQUE (company_id, code),
  FOREIGN KEY (company_id, subscriber_id) REFERENCES master.person
);
-- A changed account is a new version: an ACH entry names the very version it was drafted from.
CREATE TABLE master.bank_account (
  company_id  int NOT NULL REFERENCES master.company,
  account_id  int NOT NULL,
  code        text NOT NULL,
  version     int NOT NULL DEFAULT 1,
  person_id   int,                        -- null: the company's own account (list bill)
  routing     text NOT NULL CHECK (routing ~ '^[0-9]{9}$'),
  account_type text NOT NULL CHECK (account_type IN ('checking', 'savings')),
  account_sealed bytea NOT NULL,
  account_blind bytea NOT NULL,
  account_last4 text NOT NULL,
  holder_name text NOT NULL,
  source      text NOT NULL DEFAULT 'intake',  -- intake, or the change notice that caused it
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, account_id),
  UNIQUE (company_id, code, version),
  FOREIGN KEY (company_id, person_id) REFERENCES master.person
);
CALL audit.append_only('master.bank_account');
CREATE TABLE master.subscription (
  company_id  int NOT NULL REFERENCES master.company,
  subscription_id int NOT NULL,
  code        text NOT NULL,
  person_id   int NOT NULL,               -- the subscriber
  product_id  int NOT NULL REFERENCES master.product,
  tier        text NOT NULL CHECK (tier IN ('EMP', 'ESP', 'ECH', 'FAM')),
  start_date  date NOT NULL,
  end_date    date,                       -- first day not covered; null: open
  bill_day    int NOT NULL CHECK (bill_day BETWEEN 1 AND 31),
  method      text NOT NULL CHECK (method IN ('ach', 'list_bill')),
  account_code text NOT NULL DEFAULT '',  -- master.bank_account.code for ach
  agent_code  text NOT NULL DEFAULT '',   -- writing agent; '' sold direct
  PRIMARY KEY (company_id, subscription_id),
  UNIQUE (company_id, code),
  FOREIGN KEY (company_id, person_id) REFERENCES master.person
);
CREATE TABLE master.covered (             -- dependents under a subscription; the subscriber always is
  company_id  int NOT NULL,
  subscription_id int NOT NULL,
  person_id   int NOT NULL,
  PRIMARY KEY (company_id, subscription_id, person_id),
  FOREIGN KEY (company_id, subscription_id) REFERENCES master.subscription,
  FOREIGN KEY (company_id, person_id) REFERENCES master.person
);
CREATE TABLE master.hold (                -- neither covered nor billed in [from_date, to_date)
  company_id  int NOT NULL,
  subscription_id int NOT NULL,
  from_date   date NOT NULL,
  to_date     date NOT NULL CHECK (to_date > from_date),
  reason      text NOT NULL,
  PRIMARY KEY (company_id, subscription_id, from_date),
  FOREIGN KEY (company_id, subscription_id) REFERENCES master.subscription
);
CREATE TABLE master.split (               -- who shares the writing agent's part; percents sum to 100
  company_id  int NOT NULL,
  subscription_id int NOT NULL,
  agent_code  text NOT NULL,
  percent     numeric(7, 4) NOT NULL CHECK (percent > 0 AND percent <= 100),
  PRIMARY KEY (company_id, subscription_id, agent_code),
  FOREIGN KEY (company_id, subscription_id) REFERENCES master.subscription
);
CALL audit.per_company('master.person');
CALL audit.per_company('master.bank_account');
CALL audit.per_company('master.subscription');
CALL audit.per_company('master.covered');
CALL audit.per_company('master.hold');
CALL audit.per_company('master.split');

-- What was loaded: once only by content.
CREATE TABLE intake.file (
  sha256      bytea PRIMARY KEY,
  name        text NOT NULL,
  rows        bigint NOT NULL, loaded bigint NOT NULL, unchanged bigint NOT NULL, quarantined bigint NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
CALL audit.append_only('intake.file');
CREATE TABLE intake.problem (             -- a row that was not loaded, or a file that could not be read (line null)
  sha256      bytea NOT NULL,
  name        text NOT NULL,
  line        bigint,
  column_name text NOT NULL DEFAULT '',
  rule        text NOT NULL,
  reason      text NOT NULL,              -- plain words; values only of columns that are not personal
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (sha256, line, column_name, rule)
);
CALL audit.append_only('intake.problem');
CREATE TABLE intake.change (              -- each master row made or changed: what a row was is in its before-hash
  table_name  text NOT NULL,
  company_id  int NOT NULL DEFAULT 0,     -- 0: the catalogue
  key         text NOT NULL,
  sha256      bytea NOT NULL,             -- of the file that said so
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
CALL audit.append_only('intake.change');

-- migrate:down
SELECT 1;
