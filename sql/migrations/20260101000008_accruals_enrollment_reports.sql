-- migrate:up
-- The agent path and cumulative rates of a subscription, frozen at its first accrual.
CREATE TABLE commissions.frozen_path (
  company_id  int NOT NULL,
  subscription_id int NOT NULL,
  level       smallint NOT NULL,          -- 1 the writing agent
  agent_id    int NOT NULL,
  percent     numeric(7, 4) NOT NULL,     -- cumulative
  share       numeric(7, 4) NOT NULL DEFAULT 100,  -- of this level's amount
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, subscription_id, level, agent_id)
);
CREATE TABLE commissions.accrual (
  company_id  int NOT NULL,
  line_id     bigint NOT NULL,            -- billing.line whose money settled
  agent_id    int NOT NULL,
  level       smallint NOT NULL,
  revision    int NOT NULL,               -- 0 accrued, 1 and on clawbacks and corrections
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  business_date date NOT NULL,
  journal_id  bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, line_id, agent_id, level, revision)
);
CREATE TABLE payables.accrual (
  company_id  int NOT NULL,
  line_id     bigint NOT NULL,
  vendor_id   int NOT NULL,
  revision    int NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  business_date date NOT NULL,
  journal_id  bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, line_id, vendor_id, revision)
);
CALL audit.append_only('commissions.frozen_path');
CALL audit.append_only('commissions.accrual');
CALL audit.append_only('payables.accrual');
CALL audit.per_company('commissions.frozen_path');
CALL audit.per_company('commissions.accrual');
CALL audit.per_company('payables.accrual');

-- What a vendor has been told of a member's coverage, version by version; only differences are added.
CREATE TABLE enrollment.member_state (
  company_id  int NOT NULL,
  partner     text NOT NULL,
  person_id   int NOT NULL,
  subscription_id int NOT NULL,
  version     int NOT NULL,
  covered     boolean NOT NULL,
  tier        text NOT NULL,
  coverage_start date NOT NULL,
  coverage_end date,
  fingerprint bytea NOT NULL,             -- of everything the vendor sees of this member
  file_id     bigint NOT NULL,            -- the file that told it
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, partner, person_id, subscription_id, version)
);
CREATE TABLE enrollment.acknowledgement (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  sha256      bytea NOT NULL,             -- exchange.inbound
  level       text NOT NULL CHECK (level IN ('interchange', 'group', 'set')),
  control_number bigint NOT NULL,
  verdict     text NOT NULL,              -- A E R P as received
  errors      int NOT NULL DEFAULT 0,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id, sha256, level, control_number)
);
CALL audit.append_only('enrollment.member_state');
CALL audit.append_only('enrollment.acknowledgement');
CALL audit.per_company('enrollment.member_state');
CALL audit.per_company('enrollment.acknowledgement');

CREATE TABLE reports.report (
  book_id     int NOT NULL,
  business_date date NOT NULL,
  name        text NOT NULL,
  path        text NOT NULL,              -- under the home folder
  sha256      bytea NOT NULL,
  rows        bigint NOT NULL,
  total_cents bigint NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (book_id, business_date, name, sha256)
);
CALL audit.append_only('reports.report');

-- migrate:down
SELECT 1;
