/**
 * Tables, and who may see which rows. A connection says for whom it works with the setting `planpass.scope`: a proof, then the tenant. Any SQL
 * may change the setting, so it counts only with the proof, which is made with a secret that the role of the application cannot read.
 */
export const tables = `
CREATE SEQUENCE planpass.generation;

CREATE TABLE planpass.scope_secret (one boolean PRIMARY KEY DEFAULT true CHECK (one), secret bytea NOT NULL);
CREATE TABLE planpass.scope_key (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  key_id text NOT NULL,
  wrapped bytea NOT NULL
);

CREATE TABLE planpass.credentials (
  tenant text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  key_id text NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  issuer text NOT NULL,
  refresh_at timestamptz,
  dead_fingerprint text,
  dead_code text,
  dead_at timestamptz,
  PRIMARY KEY (tenant, user_id)
) WITH (fillfactor = 80);
ALTER TABLE planpass.credentials ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX credentials_due ON planpass.credentials (refresh_at) WHERE dead_code IS NULL AND refresh_at IS NOT NULL;
CREATE INDEX credentials_dead ON planpass.credentials (dead_at) WHERE dead_code IS NOT NULL;

CREATE TABLE planpass.claims (
  tenant text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  holder text NOT NULL,
  fence bigint NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (tenant, user_id)
);

CREATE TABLE planpass.intents (
  tenant text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  fence bigint NOT NULL,
  fingerprint text NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  pid integer NOT NULL,
  host text NOT NULL,
  PRIMARY KEY (tenant, user_id, fence)
);

CREATE TABLE planpass.audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tenant text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  generation bigint
);
CREATE INDEX audit_of_user ON planpass.audit (tenant, user_id, id);

CREATE TABLE planpass.sign_ins (
  tenant text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  key_id text NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  state text NOT NULL DEFAULT 'pending',
  -- Whose call it was that brought it into its state.
  taken_by text,
  poll_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  slower_ms double precision NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, user_id, id)
);

CREATE TABLE planpass.host_tokens (
  tenant text COLLATE "C" NOT NULL,
  issuer text NOT NULL,
  id text NOT NULL,
  taken_by text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, issuer, id)
);

INSERT INTO planpass.scope_secret (secret) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

CREATE FUNCTION planpass.scope() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  setting text := current_setting('planpass.scope', true);
  key bytea;
BEGIN
  SELECT secret INTO key FROM planpass.scope_secret;
  IF left(setting, 64)
    = encode(sha256(key || sha256(key || convert_to(substr(setting, 65), 'UTF8'))), 'hex')
  THEN
    RETURN substr(setting, 65);
  END IF;
  RETURN NULL;
END
$$;

DO $policies$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['credentials', 'claims', 'intents', 'audit', 'sign_ins', 'host_tokens'] LOOP
    EXECUTE format('ALTER TABLE planpass.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE planpass.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant ON planpass.%I USING ((SELECT planpass.scope()) = ANY (ARRAY[tenant, ''*'']))',
      name
    );
  END LOOP;
END
$policies$;
`
