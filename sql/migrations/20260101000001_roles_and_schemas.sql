-- migrate:up
-- Group roles (no login); a DBA, or the embedded server, makes login roles that are members of them.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['daybook_runtime', 'daybook_releaser', 'daybook_auditor', 'daybook_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', r);
    END IF;
  END LOOP;
END $$;

CREATE SCHEMA master;
CREATE SCHEMA intake;
CREATE SCHEMA billing;
CREATE SCHEMA payments;
CREATE SCHEMA returns;
CREATE SCHEMA banking;
CREATE SCHEMA enrollment;
CREATE SCHEMA commissions;
CREATE SCHEMA payables;
CREATE SCHEMA ledger;
CREATE SCHEMA exchange;
CREATE SCHEMA reports;
CREATE SCHEMA audit;
-- Dagster keeps its own tables here; only the runtime role may make them.
CREATE SCHEMA dagster;
GRANT ALL ON SCHEMA dagster TO daybook_runtime;

-- The companies of this transaction. No setting, no rows and no answer: an error.
CREATE FUNCTION audit.companies() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('daybook.companies')::int[] $$;

-- Money and evidence are only ever added to.
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on %.% is refused: rows here are never changed, a correction is a new row',
    TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Append-only: neither UPDATE, DELETE nor TRUNCATE, not even by the owner by mistake.
CREATE PROCEDURE audit.append_only(t regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s '
    'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', t);
END $$;

-- Tenant rows: seen and written only for the companies of the transaction, by everyone, the owner too.
CREATE PROCEDURE audit.per_company(t regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  -- The sub-select makes the setting be read once per statement and not once per row.
  EXECUTE format('CREATE POLICY companies ON %s USING (company_id = ANY ((SELECT audit.companies())::int[])) '
    'WITH CHECK (company_id = ANY ((SELECT audit.companies())::int[]))', t);
END $$;

-- migrate:down
-- Forward only: restore a backup instead.
SELECT 1;
