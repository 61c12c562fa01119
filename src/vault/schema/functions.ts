/**
 * What the vault does with its tables: each function enters the scope it is given, does one thing, and may be called twice with the same
 * arguments, since nobody knows what became of a call whose answer was lost. They run with the rights of the caller, under the policies.
 *
 * A claim is what a lock would be elsewhere: durable, so that it outlives the connection that took it, and by the server's clock alone. Its
 * fence is drawn from the sequence of generations, and is the generation of what its holder writes.
 */
export const functions = `
CREATE FUNCTION planpass.enter(given text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('planpass.scope', given, true);
  RETURN substr(given, 65);
END
$$;

CREATE FUNCTION planpass.read(asked text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  parts text[] := string_to_array(asked, E'\\x1f');
  wanted text;
  mine text;
BEGIN
  FOR i IN 1 .. array_length(parts, 1) BY 2 LOOP
    mine := planpass.enter(parts[i]);
    wanted := parts[i + 1];
    RETURN NEXT (
      SELECT c.generation || E'\\n' || coalesce(c.dead_fingerprint, '') || E'\\n' || coalesce(c.dead_code, '') || E'\\n'
        || coalesce((extract(epoch FROM c.dead_at) * 1000)::double precision::text, '') || E'\\n'
        || encode(c.wrapped_key, 'hex') || E'\\n' || encode(c.sealed, 'hex') || E'\\n' || c.key_id
      FROM planpass.credentials c WHERE c.tenant = mine AND c.user_id = wanted
    );
  END LOOP;
END
$$;

CREATE FUNCTION planpass.milliseconds(length double precision) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$ SELECT make_interval(secs => length / 1000) $$;

CREATE FUNCTION planpass.tell(mine text, wanted text, written bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify(
    'planpass',
    left(encode(sha256(convert_to(mine || E'\\x1f' || wanted, 'UTF8')), 'hex'), 32) || ':' || written
  )
$$;

CREATE FUNCTION planpass.note(
  mine text, wanted text, actor text, action text, outcome text, written bigint
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO planpass.audit (tenant, user_id, actor, action, outcome, generation)
  VALUES (mine, wanted, actor, action, outcome, written)
$$;

CREATE FUNCTION planpass.claim(given text, wanted text, claimer text, lease_ms double precision)
RETURNS TABLE (fence text, held_ms double precision, stored text) LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  INSERT INTO planpass.claims AS c (tenant, user_id, holder, fence, until)
  VALUES (mine, wanted, claimer, nextval('planpass.generation'), clock_timestamp() + planpass.milliseconds(lease_ms))
  ON CONFLICT (tenant, user_id) DO UPDATE
    -- One of ours is never cut short: the token it was taken for may be on the wire.
    SET holder = excluded.holder, fence = excluded.fence, until = greatest(c.until, excluded.until)
    WHERE c.until <= clock_timestamp() OR c.holder = excluded.holder
  RETURNING c.fence::text, 0 INTO fence, held_ms;
  IF FOUND THEN
    -- A statement of its own, so that it sees what the last holder wrote before it let go.
    stored := planpass.read(given || E'\\x1f' || wanted);
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT NULL::text, greatest(1, extract(epoch FROM c.until - clock_timestamp()) * 1000)::double precision, NULL::text
    FROM planpass.claims c WHERE c.tenant = mine AND c.user_id = wanted;
END
$$;

CREATE FUNCTION planpass.renew(given text, wanted text, claimer text, held bigint, lease_ms double precision)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.claims c
  SET until = greatest(c.until, clock_timestamp() + planpass.milliseconds(lease_ms))
  WHERE c.tenant = mine AND c.user_id = wanted AND c.holder = claimer AND c.fence = held;
  RETURN FOUND;
END
$$;

CREATE FUNCTION planpass.announce(
  given text, wanted text, claimer text, held bigint, seen bigint, grace_ms double precision,
  token_fingerprint text, refresh_reason text, claimer_pid integer, claimer_host text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  IF NOT planpass.renew(given, wanted, claimer, held, grace_ms) THEN RETURN false; END IF;
  PERFORM 1 FROM planpass.credentials c WHERE c.tenant = mine AND c.user_id = wanted AND c.generation = seen;
  IF NOT FOUND THEN RETURN false; END IF;
  -- The first that was not brought to an end is the one that explains something.
  INSERT INTO planpass.intents (tenant, user_id, fence, fingerprint, reason, pid, host)
  SELECT mine, wanted, held, token_fingerprint, refresh_reason, claimer_pid, claimer_host
  WHERE NOT EXISTS (
    SELECT FROM planpass.intents i WHERE i.tenant = mine AND i.user_id = wanted AND i.fingerprint = token_fingerprint
  ) ON CONFLICT DO NOTHING;
  RETURN true;
END
$$;

CREATE FUNCTION planpass.release(given text, wanted text, claimer text, held bigint, is_answered boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  DELETE FROM planpass.intents i WHERE is_answered AND i.tenant = mine AND i.user_id = wanted AND i.fence = held;
  DELETE FROM planpass.claims c WHERE c.tenant = mine AND c.user_id = wanted AND c.holder = claimer AND c.fence = held;
  IF FOUND THEN PERFORM planpass.tell(mine, wanted, 0); END IF;
END
$$;

CREATE FUNCTION planpass.settle(
  given text, wanted text, claimer text, held bigint, seen bigint, actor text,
  new_key_id text, new_wrapped_key bytea, new_sealed bytea, new_issuer text, refresh_at_ms double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
  due timestamptz := to_timestamp(refresh_at_ms / 1000);
BEGIN
  PERFORM 1 FROM planpass.credentials c WHERE c.tenant = mine AND c.user_id = wanted AND c.generation = held;
  IF NOT FOUND THEN
    IF seen = 0 THEN
      INSERT INTO planpass.credentials (tenant, user_id, generation, key_id, wrapped_key, sealed, issuer, refresh_at)
      VALUES (mine, wanted, held, new_key_id, new_wrapped_key, new_sealed, new_issuer, due)
      ON CONFLICT DO NOTHING;
    ELSE
      UPDATE planpass.credentials c
      SET generation = held, key_id = new_key_id, wrapped_key = new_wrapped_key, sealed = new_sealed,
        issuer = new_issuer, refresh_at = due, dead_fingerprint = NULL, dead_code = NULL, dead_at = NULL
      WHERE c.tenant = mine AND c.user_id = wanted AND c.generation = seen;
    END IF;
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM planpass.intents i WHERE i.tenant = mine AND i.user_id = wanted;
    PERFORM planpass.note(mine, wanted, actor, 'write', 'stored', held);
  END IF;
  DELETE FROM planpass.claims c WHERE c.tenant = mine AND c.user_id = wanted AND c.holder = claimer AND c.fence = held;
  PERFORM planpass.tell(mine, wanted, held);
  RETURN true;
END
$$;

CREATE FUNCTION planpass.erase(given text, wanted text, claimer text, held bigint, seen bigint, actor text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  DELETE FROM planpass.credentials c WHERE c.tenant = mine AND c.user_id = wanted AND c.generation = seen;
  IF FOUND THEN PERFORM planpass.note(mine, wanted, actor, 'remove', 'removed', seen); END IF;
  PERFORM 1 FROM planpass.credentials c WHERE c.tenant = mine AND c.user_id = wanted;
  IF FOUND THEN RETURN false; END IF;
  DELETE FROM planpass.intents i WHERE i.tenant = mine AND i.user_id = wanted;
  DELETE FROM planpass.claims c WHERE c.tenant = mine AND c.user_id = wanted AND c.holder = claimer AND c.fence = held;
  PERFORM planpass.tell(mine, wanted, held);
  RETURN true;
END
$$;

CREATE FUNCTION planpass.unfinished(given text, wanted text, token_fingerprint text, mine_too bigint)
RETURNS TABLE (reason text, at_ms double precision, pid integer, host text) LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  RETURN QUERY
    SELECT i.reason, (extract(epoch FROM i.at) * 1000)::double precision, i.pid, i.host FROM planpass.intents i
    WHERE i.tenant = mine AND i.user_id = wanted AND i.fingerprint = token_fingerprint AND i.fence <> mine_too
    ORDER BY i.fence LIMIT 1;
END
$$;

CREATE FUNCTION planpass.quarantine(given text, wanted text, token_fingerprint text, code text, actor text, seen bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.credentials c
  SET dead_fingerprint = token_fingerprint, dead_code = code, dead_at = clock_timestamp()
  WHERE c.tenant = mine AND c.user_id = wanted AND c.generation = seen AND c.dead_code IS NULL;
  IF FOUND THEN PERFORM planpass.note(mine, wanted, actor, 'quarantine', code, seen); END IF;
END
$$;

CREATE FUNCTION planpass.due(given text, most integer, again_ms double precision, without text)
RETURNS TABLE (tenant text, user_id text, issuer text, late_ms double precision) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planpass.enter(given);
  RETURN QUERY
    WITH chosen AS (
      SELECT c.tenant, c.user_id, c.refresh_at FROM planpass.credentials c
      WHERE c.dead_code IS NULL AND c.refresh_at <= clock_timestamp() AND NOT without::jsonb ? c.issuer
      ORDER BY c.refresh_at LIMIT most
      FOR UPDATE SKIP LOCKED
    )
    UPDATE planpass.credentials c SET refresh_at = clock_timestamp() + planpass.milliseconds(again_ms)
    FROM chosen WHERE c.tenant = chosen.tenant AND c.user_id = chosen.user_id
    RETURNING c.tenant::text, c.user_id::text, c.issuer,
      (extract(epoch FROM clock_timestamp() - chosen.refresh_at) * 1000)::double precision;
END
$$;

CREATE FUNCTION planpass.postpone(given text, wanted text, again_ms double precision) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.credentials c SET refresh_at = clock_timestamp() + planpass.milliseconds(again_ms)
  WHERE c.tenant = mine AND c.user_id = wanted;
END
$$;

CREATE FUNCTION planpass.wrapped_by_others(
  given text, current_key_id text, after_tenant text, after_user text, most integer
) RETURNS TABLE (tenant text, user_id text, generation text, key_id text, wrapped_key bytea) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planpass.enter(given);
  RETURN QUERY
    SELECT c.tenant::text, c.user_id::text, c.generation::text, c.key_id, c.wrapped_key FROM planpass.credentials c
    WHERE c.key_id <> current_key_id AND (c.tenant, c.user_id) > (after_tenant, after_user)
    ORDER BY c.tenant, c.user_id LIMIT most;
END
$$;

CREATE FUNCTION planpass.rewrap(
  given text, wanted text, seen bigint, old_key_id text, new_key_id text, new_wrapped_key bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.credentials c SET key_id = new_key_id, wrapped_key = new_wrapped_key
  WHERE c.tenant = mine AND c.user_id = wanted AND c.generation = seen AND c.key_id = old_key_id;
  RETURN FOUND;
END
$$;

CREATE FUNCTION planpass.audit_trail(given text, wanted text, most integer)
RETURNS TABLE (at_ms double precision, actor text, action text, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  RETURN QUERY
    SELECT (extract(epoch FROM a.at) * 1000)::double precision, a.actor, a.action, a.outcome FROM planpass.audit a
    WHERE a.tenant = mine AND a.user_id = wanted ORDER BY a.id DESC LIMIT most;
END
$$;
`
