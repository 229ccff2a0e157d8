-- migrate:up
-- Files out. The bytes rest sealed; everything else about them is here.
CREATE TABLE exchange.file (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('nacha', 'edi834')),
  partner     text NOT NULL,              -- code of the bank's or vendor's profile
  business_date date NOT NULL,
  sequence    int NOT NULL CHECK (sequence BETWEEN 1 AND 36),  -- NACHA file ID modifier A-Z 0-9
  name        text NOT NULL,              -- as delivered, without .pgp
  sha256      bytea NOT NULL,
  size        bigint NOT NULL,
  records     bigint NOT NULL,            -- entries, or members
  debit_cents bigint NOT NULL DEFAULT 0,
  credit_cents bigint NOT NULL DEFAULT 0,
  entry_hash  bigint NOT NULL DEFAULT 0,
  created_by  text NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id),
  UNIQUE (company_id, kind, partner, business_date, sequence),
  UNIQUE (partner, name)
);
-- The same bytes never leave twice.
CREATE UNIQUE INDEX file_bytes_once ON exchange.file (sha256);
CREATE TABLE exchange.content (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  sealed      bytea NOT NULL,
  PRIMARY KEY (company_id, file_id),
  FOREIGN KEY (company_id, file_id) REFERENCES exchange.file
);
-- built, checked, approved, sending, sent, acknowledged | rejected | unknown, void: the last one is the state.
CREATE TABLE exchange.event (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  event_no    int NOT NULL,
  state       text NOT NULL CHECK (state IN
    ('built', 'checked', 'approved', 'sending', 'sent', 'acknowledged', 'rejected', 'unknown', 'failed', 'void')),
  detail      text NOT NULL DEFAULT '',
  actor       text NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id, event_no),
  FOREIGN KEY (company_id, file_id) REFERENCES exchange.file
);
-- An approval is of bytes, by somebody else than their maker.
ALTER TABLE exchange.file ADD UNIQUE (company_id, file_id, sha256, created_by);
CREATE TABLE exchange.approval (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  sha256      bytea NOT NULL,
  created_by  text NOT NULL,
  approved_by text NOT NULL CHECK (approved_by <> created_by),
  reason      text NOT NULL DEFAULT '',
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id),
  FOREIGN KEY (company_id, file_id, sha256, created_by)
    REFERENCES exchange.file (company_id, file_id, sha256, created_by)
);
-- A file may be sent only when approved, by constraint and not by habit.
CREATE FUNCTION exchange.sending_needs_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IN ('approved', 'sending', 'sent') AND NOT EXISTS (
    SELECT FROM exchange.approval a WHERE a.company_id = NEW.company_id AND a.file_id = NEW.file_id) THEN
    RAISE EXCEPTION 'file % of company % has no approval', NEW.file_id, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sending_needs_approval BEFORE INSERT ON exchange.event
  FOR EACH ROW EXECUTE FUNCTION exchange.sending_needs_approval();
CREATE TABLE exchange.receipt (           -- what the partner's server held when we looked
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  remote_path text NOT NULL,
  size        bigint NOT NULL,
  sha256      bytea NOT NULL,             -- of the bytes that travelled (PGP), not of the clear file
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id),
  FOREIGN KEY (company_id, file_id) REFERENCES exchange.file
);
-- What travels is made once: encrypting again would give other bytes and a retry could not be recognised.
CREATE TABLE exchange.parcel (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  name        text NOT NULL,
  sha256      bytea NOT NULL,
  content     bytea NOT NULL,             -- PGP message to the partner
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id),
  FOREIGN KEY (company_id, file_id) REFERENCES exchange.file
);
-- Numbers given to a partner: unique for ever, without gaps.
CREATE TABLE exchange.control_number (
  partner     text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('ISA13', 'GS06', 'ST02')),
  value       bigint NOT NULL CHECK (value > 0),
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  PRIMARY KEY (partner, kind, value)
);
-- Files in: each content once, whoever sends it and under whatever name. A bank's file may hold several companies.
CREATE TABLE exchange.inbound (
  sha256      bytea PRIMARY KEY,
  partner     text NOT NULL,
  name        text NOT NULL,
  size        bigint NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('nacha', 'bai2', 'x12_ack', 'unreadable')),
  sealed      bytea NOT NULL,
  received_on date NOT NULL,              -- business date
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
-- Every content that arrived, as it travelled: so that a poll neither fetches nor opens it again. The same clear
-- content in another envelope is another arrival of the same inbound file.
CREATE TABLE exchange.arrival (
  wire_sha256 bytea PRIMARY KEY,
  sha256      bytea NOT NULL,             -- exchange.inbound
  partner     text NOT NULL,
  name        text NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
-- Every inbound file that its room has worked through to the end; missing here: still to be done.
CREATE TABLE exchange.processed (
  sha256      bytea PRIMARY KEY,
  step        text NOT NULL,
  business_date date NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now()
);
-- What could not be matched or read: named, aged, closed by a person.
CREATE TABLE exchange.exception (
  sha256      bytea NOT NULL,
  position    bigint NOT NULL,            -- record or segment; 0: the file
  kind        text NOT NULL,              -- unmatched_return, unmatched_notice, unmatched_ack, unreadable ...
  detail      text NOT NULL,
  amount_cents bigint,
  business_date date NOT NULL,
  run_no      bigint NOT NULL REFERENCES audit.run,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sha256, position, kind)
);
CALL audit.append_only('exchange.file');
CALL audit.append_only('exchange.content');
CALL audit.append_only('exchange.event');
CALL audit.append_only('exchange.approval');
CALL audit.append_only('exchange.receipt');
CALL audit.append_only('exchange.parcel');
CALL audit.append_only('exchange.control_number');
CALL audit.append_only('exchange.inbound');
CALL audit.append_only('exchange.arrival');
CALL audit.append_only('exchange.processed');
CALL audit.append_only('exchange.exception');
CALL audit.per_company('exchange.file');
CALL audit.per_company('exchange.content');
CALL audit.per_company('exchange.event');
CALL audit.per_company('exchange.approval');
CALL audit.per_company('exchange.receipt');
CALL audit.per_company('exchange.parcel');

-- migrate:down
SELECT 1;
