-- migrate:up
-- runtime: select and insert; update only of master rows that intake keeps current. No money row can be changed.
DO $$
DECLARE s text;
BEGIN
  FOREACH s IN ARRAY ARRAY['master', 'intake', 'billing', 'payments', 'returns', 'banking', 'enrollment',
                           'commissions', 'payables', 'ledger', 'exchange', 'reports', 'audit'] LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO daybook_runtime, daybook_releaser, daybook_auditor, daybook_reader', s);
    EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA %I TO daybook_runtime', s);
  END LOOP;
END $$;
GRANT UPDATE ON master.book, master.company, master.vendor, master.product, master.fee, master.price, master.agent,
  master.commission_rate, master.person, master.subscription, master.covered, master.hold, master.split
  TO daybook_runtime;
GRANT DELETE ON master.covered, master.hold, master.split TO daybook_runtime;  -- lists that a new file replaces
-- The maker of a file can't approve it, whatever program it runs.
REVOKE INSERT ON exchange.approval FROM daybook_runtime;
REVOKE INSERT ON ledger.account FROM daybook_runtime;
GRANT SELECT ON exchange.file, exchange.event, exchange.approval, audit.run, master.company, master.book TO daybook_releaser;
GRANT INSERT ON exchange.approval, exchange.event, audit.action, audit.run TO daybook_releaser;
GRANT SELECT ON audit.action TO daybook_releaser;
GRANT SELECT ON ALL TABLES IN SCHEMA audit, ledger, exchange, billing, payments, returns, banking TO daybook_auditor;
REVOKE SELECT ON exchange.content, exchange.parcel, exchange.inbound FROM daybook_auditor;

-- The night refreshes the planner's statistics of what it just wrote (PostgreSQL 17 on; before that autovacuum does).
DO $$
DECLARE s text;
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    FOREACH s IN ARRAY ARRAY['master', 'intake', 'billing', 'payments', 'returns', 'banking', 'enrollment',
                             'commissions', 'payables', 'ledger', 'exchange', 'reports', 'audit'] LOOP
      EXECUTE format('GRANT MAINTAIN ON ALL TABLES IN SCHEMA %I TO daybook_runtime', s);
    END LOOP;
  END IF;
END $$;

-- reader: people without what identifies them.
CREATE VIEW master.person_masked WITH (security_invoker = false, security_barrier) AS
  SELECT company_id, person_id, code, subscriber_id, relationship, extract(year FROM birth_date)::int AS birth_year, state
  FROM master.person;
GRANT SELECT ON master.person_masked, master.book, master.company, master.vendor, master.product, master.fee,
  master.price, master.agent, billing.invoice, billing.line, payments.attempt, ledger.account, ledger.journal,
  ledger.posting, reports.report TO daybook_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA dagster GRANT ALL ON TABLES TO daybook_runtime;

-- migrate:down
SELECT 1;
