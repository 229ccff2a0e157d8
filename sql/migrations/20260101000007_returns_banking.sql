-- migrate:up
CREATE TABLE returns.returned (
  company_id  int NOT NULL,
  entry_id    bigint NOT NULL,            -- payments.ach_entry
  sha256      bytea NOT NULL,             -- exchange.inbound
  position    bigint NOT NULL,            -- line of the addenda
  code        text NOT NULL,              -- R01 ...
  amount_cents bigint NOT NULL,
  settlement_date date NOT NULL,          -- of the return, from its batch
  after_settlement boolean NOT NULL,      -- the money had been counted as ours
  retry_on    date,                       -- null: no retry
  business_date date NOT NULL,
  journal_id  bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, entry_id),     -- an entry comes back once
  UNIQUE (sha256, position),
  UNIQUE (company_id, entry_id, code, settlement_date)
);
CREATE TABLE returns.notice (             -- notification of change; the new values are in a new account version
  company_id  int NOT NULL,
  entry_id    bigint NOT NULL,
  sha256      bytea NOT NULL,
  position    bigint NOT NULL,
  code        text NOT NULL,              -- C01 ...
  account_id  int,                        -- the version it made; null: nothing to apply
  outcome     text NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, entry_id, code),
  UNIQUE (sha256, position)
);
-- An account that may not be drafted from until a person or new data says so.
CREATE TABLE returns.account_stop (
  company_id  int NOT NULL,
  account_id  int NOT NULL,               -- this version; a newer version is free
  code        text NOT NULL,
  stop        text NOT NULL CHECK (stop IN ('yes', 'hold', 'review')),
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, account_id, code)
);
CALL audit.append_only('returns.returned');
CALL audit.append_only('returns.notice');
CALL audit.append_only('returns.account_stop');
CALL audit.per_company('returns.returned');
CALL audit.per_company('returns.notice');
CALL audit.per_company('returns.account_stop');

-- The bank's own words: the administrator's accounts, not a company's.
CREATE TABLE banking.statement_line (
  sha256      bytea NOT NULL,
  position    bigint NOT NULL,
  bank        text NOT NULL,
  account_last4 text NOT NULL,
  statement_date date NOT NULL,
  type_code   text NOT NULL,              -- BAI2 type
  amount_cents bigint NOT NULL,           -- money in is positive
  reference   text NOT NULL,              -- customer reference: the name of the file it answers
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sha256, position)
);
CREATE TABLE banking.match (              -- statement line to file: equal to the cent, or a difference that is named
  company_id  int NOT NULL,
  sha256      bytea NOT NULL,
  position    bigint NOT NULL,
  file_id     bigint NOT NULL,
  difference_cents bigint NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sha256, position)
);
CREATE TABLE banking.settlement (         -- an entry's money counted as ours: sent, not returned, hold over
  company_id  int NOT NULL,
  entry_id    bigint NOT NULL,
  amount_cents bigint NOT NULL,
  business_date date NOT NULL,
  journal_id  bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, entry_id)
);
CALL audit.append_only('banking.statement_line');
CALL audit.append_only('banking.match');
CALL audit.append_only('banking.settlement');
CALL audit.per_company('banking.match');
CALL audit.per_company('banking.settlement');

-- migrate:down
SELECT 1;
