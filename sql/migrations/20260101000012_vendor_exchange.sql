-- migrate:up
-- The exchange with vendors: what a vendor must know, what it was told, and what of it the vendor has taken. The next
-- change file is the difference from what was taken, so that a rejected one loses nothing.

-- 1. A company of invented people: its members go to partners in test, and to no other.
ALTER TABLE master.company ADD COLUMN test boolean NOT NULL DEFAULT false;

-- 2. Files to vendors: what each is for, and until when it is to be answered.
ALTER TABLE exchange.file
  DROP CONSTRAINT file_kind_check,
  ADD CHECK (kind IN ('nacha', 'edi834', 'tabular')),
  ADD COLUMN purpose text NOT NULL DEFAULT 'full' CHECK (purpose IN ('full', 'change', 'audit')),  -- of vendor files
  -- Of vendor files: hours, from the end of the business date it was sent on, until an answer is overdue; null: none is
  -- ever sent, so that what was sent counts as heard.
  ADD COLUMN answer_hours int DEFAULT 48 CHECK (answer_hours > 0),
  ADD COLUMN answers_to bigint;                        -- file_id of the refused file that this one corrects (BGN06)
ALTER TABLE exchange.inbound
  DROP CONSTRAINT inbound_kind_check,
  -- edi834: a vendor's roster, or a group's enrollment; roster: a vendor's list in a layout of its own.
  ADD CHECK (kind IN ('nacha', 'bai2', 'x12_ack', 'edi834', 'roster', 'unreadable'));

-- 3. What a vendor was told, precisely: the coverage as it stood in the file, and in which set.
ALTER TABLE enrollment.member_state
  ADD COLUMN set_control bigint NOT NULL DEFAULT 0,    -- ST02 of the set that told it; 0: the file as a whole
  ADD COLUMN action text NOT NULL DEFAULT '030' CHECK (action IN ('001', '021', '024', '025', '030')),  -- of the member
  ADD COLUMN line text, ADD COLUMN plan_code text,     -- null: told before these were kept
  ADD COLUMN member_print bytea;                       -- of what the vendor sees of the person, whatever the coverage
ALTER TABLE enrollment.acknowledgement
  -- Fewer sets accepted than received: a refusal in part, whatever letter stands there.
  ADD COLUMN short boolean NOT NULL DEFAULT false,
  ADD COLUMN outcome text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN verdict IN ('R', 'M', 'W', 'X') THEN 'refused' WHEN verdict = 'P' OR short THEN 'partial'
         WHEN verdict IN ('A', 'E') THEN 'accepted' ELSE 'silent' END) STORED;
-- What an 824 says of one member of a file, or (person 0) of all of it, or of a set.
CREATE TABLE enrollment.member_answer (
  company_id  int NOT NULL,
  file_id     bigint NOT NULL,
  sha256      bytea NOT NULL,                          -- exchange.inbound
  set_control bigint NOT NULL DEFAULT 0,               -- 0: the file as a whole
  person_id   int NOT NULL DEFAULT 0,                  -- 0: everybody in it
  refused     boolean NOT NULL,
  codes       text NOT NULL DEFAULT '',
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, file_id, sha256, set_control, person_id)
);
-- A person lets a change go that takes effect before the vendor's retroactive limit.
CREATE TABLE enrollment.retro_release (
  company_id  int NOT NULL,
  partner     text NOT NULL,
  person_id   int NOT NULL,
  subscription_id int NOT NULL,
  effective_date date NOT NULL,                        -- the day from which the change holds
  actor       text NOT NULL CHECK (btrim(actor) <> ''),
  reason      text NOT NULL CHECK (btrim(reason) <> ''),
  business_date date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, partner, person_id, subscription_id, effective_date)
);
-- A vendor's list held against ours, once per list: what each side lacks and what differs. No name, no number.
CREATE TABLE enrollment.discrepancy (
  company_id  int NOT NULL,
  sha256      bytea NOT NULL,                          -- of the list
  row_no      int NOT NULL,
  partner     text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'different')),
  member      text NOT NULL,                           -- the person's code; position in the list when nobody here has it
  line        text NOT NULL,
  plan_code   text NOT NULL,
  columns     text NOT NULL DEFAULT '',                -- which differ, joined by blanks
  as_of       date NOT NULL,
  run_no      bigint NOT NULL,
  booked_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (company_id, sha256, row_no)
);

-- 4. A held file: its questions are not about doubles alone any more.
CREATE OR REPLACE FUNCTION exchange.approval_of_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF exchange.one_at_a_time(NEW.company_id, NEW.file_id) IS DISTINCT FROM 'checked' THEN
    RAISE EXCEPTION 'file % of company % is not one that waits for approval', NEW.file_id, NEW.company_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF btrim(NEW.reason) = '' AND (SELECT f.questions > 0 FROM exchange.file f
                                 WHERE f.company_id = NEW.company_id AND f.file_id = NEW.file_id) THEN
    RAISE EXCEPTION 'file % of company % holds what must be asked about: its approval needs a reason',
      NEW.file_id, NEW.company_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CALL audit.append_only('enrollment.member_answer');
CALL audit.append_only('enrollment.retro_release');
CALL audit.append_only('enrollment.discrepancy');
CALL audit.per_company('enrollment.member_answer');
CALL audit.per_company('enrollment.retro_release');
CALL audit.per_company('enrollment.discrepancy');
GRANT SELECT, INSERT ON enrollment.member_answer, enrollment.retro_release, enrollment.discrepancy TO daybook_runtime;
GRANT SELECT ON enrollment.member_answer, enrollment.retro_release, enrollment.discrepancy TO daybook_auditor;
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    GRANT MAINTAIN ON enrollment.member_answer, enrollment.retro_release, enrollment.discrepancy TO daybook_runtime;
  END IF;
END $$;

-- migrate:down
SELECT 1;
