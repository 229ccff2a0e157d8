-- migrate:up
CREATE TABLE billing.invoice (
  company_id  int NOT NULL,
  invoice_id  bigint NOT NULL,            -- also its number: one sequence per company without gaps
  person_id   int,                        -- payer; null: the company itself (list bill)
  kind        text NOT NULL CHECK (kind IN ('individual', 'list_bill')),
  bill_date   date NOT NULL,              -- business date of the night that made it
  due_date    date NOT NULL,
  total_cents bigint NOT NULL,            -- below zero: a credit
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, invoice_id)
);
-- A payer gets at most one invoice a night; late data of the same night goes on the next sequence.
ALTER TABLE billing.invoice ADD COLUMN sequence int NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX invoice_once ON billing.invoice (company_id, bill_date, person_id, sequence) NULLS NOT DISTINCT;

CREATE TABLE billing.line (
  company_id  int NOT NULL,
  line_id     bigint NOT NULL,
  invoice_id  bigint NOT NULL,
  subscription_id int NOT NULL,
  fee_id      int NOT NULL,
  coverage_start date NOT NULL,           -- effective date of the charge
  coverage_end date NOT NULL,             -- first day not covered; equal to the start for a one-time fee
  revision    int NOT NULL,               -- 0 the charge, 1 and on its corrections
  kind        text NOT NULL CHECK (kind IN ('charge', 'credit', 'retro_add', 'retro_term', 'reprice')),
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  vendor_cents bigint NOT NULL,           -- of it, the vendor's cost, with the sign of the amount
  commissionable_cents bigint NOT NULL,   -- of it, the base of commission, with the sign of the amount
  price_id    int NOT NULL,               -- the price row that decided
  corrects    bigint,                     -- line_id of revision 0
  cause       text NOT NULL,
  journal_id  bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, line_id),
  UNIQUE (company_id, subscription_id, fee_id, coverage_start, revision)
);
CREATE INDEX line_by_invoice ON billing.line (company_id, invoice_id);
-- Lines are added in the order of their coverage: a night reads the last months and not the years before.
CREATE INDEX line_by_coverage ON billing.line USING brin (coverage_start);
CALL audit.append_only('billing.invoice');
CALL audit.append_only('billing.line');
CALL audit.per_company('billing.invoice');
CALL audit.per_company('billing.line');

-- Credit of one invoice used by another of the same payer.
CREATE TABLE payments.credit_use (
  company_id  int NOT NULL,
  from_invoice bigint NOT NULL,
  to_invoice  bigint NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, from_invoice, to_invoice)
);
CREATE TABLE payments.attempt (
  company_id  int NOT NULL,
  attempt_id  bigint NOT NULL,
  invoice_id  bigint NOT NULL,
  payer_part  smallint NOT NULL DEFAULT 1,
  attempt_no  smallint NOT NULL CHECK (attempt_no BETWEEN 1 AND 3),  -- 2 and 3 are reinitiations
  account_code text NOT NULL,             -- master.bank_account.code; the entry names the version
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  sec         text NOT NULL CHECK (sec IN ('PPD', 'CCD')),
  wanted_date date NOT NULL,              -- the day the money should move: due date, or retry day
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, attempt_id),
  UNIQUE (company_id, invoice_id, payer_part, attempt_no)
);
CALL audit.append_only('payments.credit_use');
CALL audit.append_only('payments.attempt');
CALL audit.per_company('payments.credit_use');
CALL audit.per_company('payments.attempt');

-- An entry is in exactly one file, for ever. The file's bytes follow from these rows alone.
CREATE TABLE payments.ach_entry (
  company_id  int NOT NULL,
  entry_id    bigint NOT NULL,
  file_id     bigint NOT NULL,
  batch_number int NOT NULL,
  purpose     text NOT NULL CHECK (purpose IN ('premium', 'commission', 'remittance')),
  source_id   bigint NOT NULL,            -- premium: payments.attempt.attempt_id
  attempt_no  smallint NOT NULL,
  sec         text NOT NULL,
  description text NOT NULL,              -- company entry description: PREMIUM, RETRY PYMT ...
  transaction_code smallint NOT NULL,
  account_id  int NOT NULL,               -- master.bank_account version
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  individual_id text NOT NULL,
  trace_number text NOT NULL CHECK (trace_number ~ '^[0-9]{15}$'),
  effective_date date NOT NULL,           -- a banking day
  business_date date NOT NULL,
  journal_id  bigint NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, entry_id),
  UNIQUE (company_id, purpose, source_id, attempt_no)
);
-- Whom a file addresses and in whose name: what its bytes need beside its entries, frozen when it was built.
CREATE TABLE payments.ach_file (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  destination text NOT NULL, destination_name text NOT NULL,
  origin      text NOT NULL, origin_name text NOT NULL,  -- origin is also the company id of its batches
  company_name text NOT NULL,
  odfi        text NOT NULL CHECK (odfi ~ '^[0-9]{8}$'),
  line_end    text NOT NULL CHECK (line_end IN ('lf', 'crlf')),
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id)
);
CALL audit.append_only('payments.ach_file');
CALL audit.per_company('payments.ach_file');

-- Trace numbers are given out by ODFI and day over all companies, in blocks, under a lock (odfi, business date).
CREATE TABLE payments.trace_block (
  odfi        text NOT NULL CHECK (odfi ~ '^[0-9]{8}$'),
  business_date date NOT NULL,
  first       int NOT NULL CHECK (first >= 1),
  count       int NOT NULL CHECK (count >= 1 AND first + count <= 10000000),
  company_id  int NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (odfi, business_date, first)
);
CALL audit.append_only('payments.trace_block');
-- The first eight digits of a trace are the ODFI.
CREATE UNIQUE INDEX trace_once ON payments.ach_entry (business_date, trace_number);
CREATE INDEX entry_by_file ON payments.ach_entry (company_id, file_id);
CALL audit.append_only('payments.ach_entry');
CALL audit.per_company('payments.ach_entry');

-- migrate:down
SELECT 1;
