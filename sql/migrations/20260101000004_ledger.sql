-- migrate:up
-- Chart of accounts: fixed, small, shared by all companies.
CREATE TABLE ledger.account (
  account     int PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  side        text NOT NULL CHECK (side IN ('debit', 'credit')),
  subledger   text NOT NULL DEFAULT ''    -- the table whose rows prove this account, where there is one
);
INSERT INTO ledger.account VALUES
  (1000, 'Trust cash', 'debit', 'banking.settlement'),
  (1100, 'Premium receivable', 'debit', 'billing.line'),
  (1200, 'ACH clearing', 'debit', 'payments.ach_entry'),
  (2000, 'Premium liability', 'credit', 'billing.line'),
  (2100, 'Vendor payable', 'credit', 'payables.accrual'),
  (2200, 'Commission payable', 'credit', 'commissions.accrual'),
  (4000, 'Fee and margin income', 'credit', '');

-- One journal per company and append of a step: the subledger rows of that append carry its journal_id, so that
-- every posting can be opened into the rows that made it and summed again.
CREATE TABLE ledger.journal (
  company_id  int NOT NULL,
  journal_id  bigint NOT NULL,
  source_kind text NOT NULL,              -- the step: billing.charges, payments.originate ...
  source_id   text NOT NULL,              -- business date and append number, 2026-10-01/1
  event       text NOT NULL,              -- charged, submitted, settled, returned, accrued
  business_date date NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, journal_id),
  UNIQUE (company_id, source_kind, source_id, event)
);
CREATE TABLE ledger.posting (
  company_id  int NOT NULL,
  journal_id  bigint NOT NULL,
  account     int NOT NULL REFERENCES ledger.account,
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),  -- debit positive, credit negative
  PRIMARY KEY (company_id, journal_id, account),
  FOREIGN KEY (company_id, journal_id) REFERENCES ledger.journal
);
CREATE INDEX posting_by_account ON ledger.posting (account, company_id);
CALL audit.append_only('ledger.journal');
CALL audit.append_only('ledger.posting');
CALL audit.per_company('ledger.journal');
CALL audit.per_company('ledger.posting');

-- Sum is zero, judged at commit.
CREATE FUNCTION ledger.journal_in_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total bigint;
BEGIN
  SELECT coalesce(sum(amount_cents), 0) INTO total FROM ledger.posting
    WHERE company_id = NEW.company_id AND journal_id = NEW.journal_id;
  IF total <> 0 THEN
    RAISE EXCEPTION 'journal % of company % is out of balance by % cents', NEW.journal_id, NEW.company_id, total
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER in_balance AFTER INSERT ON ledger.posting DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger.journal_in_balance();

-- A closed month takes no more journals; what is learned later is booked in an open one.
CREATE TABLE ledger.closed_month (
  company_id  int NOT NULL,
  month       date NOT NULL CHECK (month = date_trunc('month', month)),
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, month)
);
CALL audit.append_only('ledger.closed_month');
CALL audit.per_company('ledger.closed_month');
CREATE FUNCTION ledger.month_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM ledger.closed_month c
             WHERE c.company_id = NEW.company_id AND c.month = date_trunc('month', NEW.business_date)) THEN
    RAISE EXCEPTION 'the month of % is closed for company %', NEW.business_date, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER month_is_open BEFORE INSERT ON ledger.journal FOR EACH ROW EXECUTE FUNCTION ledger.month_is_open();

-- migrate:down
SELECT 1;
