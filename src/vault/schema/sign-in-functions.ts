/** What the service needs: sign-ins that wait for a person, tokens of hosts that were used, and how many credentials want something. */
export const signInFunctions = `
CREATE FUNCTION planpass.begin_sign_in(
  given text, wanted text, new_id text, new_kind text, new_key_id text, new_wrapped_key bytea, new_sealed bytea,
  lasts_ms double precision, actor text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  DELETE FROM planpass.sign_ins s WHERE s.tenant = mine AND s.user_id = wanted AND s.expires_at < clock_timestamp();
  INSERT INTO planpass.sign_ins (tenant, user_id, id, kind, key_id, wrapped_key, sealed, expires_at)
  VALUES (
    mine, wanted, new_id, new_kind, new_key_id, new_wrapped_key, new_sealed,
    clock_timestamp() + planpass.milliseconds(lasts_ms)
  ) ON CONFLICT DO NOTHING;
  PERFORM planpass.note(mine, wanted, actor, 'sign-in', 'begun', NULL);
END
$$;

CREATE FUNCTION planpass.read_sign_in(given text, wanted text, wanted_id text)
RETURNS SETOF planpass.sign_ins LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  RETURN QUERY SELECT s.* FROM planpass.sign_ins s
    WHERE s.tenant = mine AND s.user_id = wanted AND s.id = wanted_id AND s.expires_at > clock_timestamp();
END
$$;

CREATE FUNCTION planpass.take_poll(given text, wanted text, wanted_id text, again_ms double precision)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.sign_ins s SET poll_at = clock_timestamp() + planpass.milliseconds(again_ms + s.slower_ms)
  WHERE s.tenant = mine AND s.user_id = wanted AND s.id = wanted_id AND s.state = 'pending'
    AND s.poll_at <= clock_timestamp() AND s.expires_at > clock_timestamp();
  RETURN FOUND;
END
$$;

CREATE FUNCTION planpass.slow_down(given text, wanted text, wanted_id text, by_ms double precision)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.sign_ins s
  SET slower_ms = s.slower_ms + by_ms, poll_at = s.poll_at + planpass.milliseconds(by_ms)
  WHERE s.tenant = mine AND s.user_id = wanted AND s.id = wanted_id AND s.state = 'pending';
END
$$;

CREATE FUNCTION planpass.end_sign_in(given text, wanted text, wanted_id text, new_state text, taker text, actor text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  UPDATE planpass.sign_ins s SET state = new_state, taken_by = taker, sealed = '', wrapped_key = ''
  WHERE s.tenant = mine AND s.user_id = wanted AND s.id = wanted_id AND s.state IN ('pending', 'exchanging')
    AND s.state <> new_state;
  IF FOUND THEN
    PERFORM planpass.note(mine, wanted, actor, 'sign-in', new_state, NULL);
    RETURN true;
  END IF;
  -- The same call once more, whose answer was lost.
  PERFORM 1 FROM planpass.sign_ins s
  WHERE s.tenant = mine AND s.user_id = wanted AND s.id = wanted_id AND s.state = new_state AND s.taken_by = taker;
  RETURN FOUND;
END
$$;

CREATE FUNCTION planpass.use_host_token(given text, token_issuer text, token_id text, taker text, lasts_ms double precision)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  mine text := planpass.enter(given);
BEGIN
  DELETE FROM planpass.host_tokens h WHERE h.tenant = mine AND h.expires_at < clock_timestamp();
  INSERT INTO planpass.host_tokens AS h (tenant, issuer, id, taken_by, expires_at)
  VALUES (mine, token_issuer, token_id, taker, clock_timestamp() + planpass.milliseconds(lasts_ms))
  -- The same call once more, whose answer was lost, is still the first use.
  ON CONFLICT (tenant, issuer, id) DO UPDATE SET expires_at = excluded.expires_at WHERE h.taken_by = excluded.taken_by;
  RETURN FOUND;
END
$$;

CREATE FUNCTION planpass.census(given text) RETURNS TABLE (due bigint, dead bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM planpass.enter(given);
  RETURN QUERY SELECT
    (SELECT count(*) FROM (
      SELECT FROM planpass.credentials c WHERE c.dead_code IS NULL AND c.refresh_at <= clock_timestamp() LIMIT 100000
    ) AS some_due),
    (SELECT count(*) FROM (
      SELECT FROM planpass.credentials c WHERE c.dead_code IS NOT NULL LIMIT 100000
    ) AS some_dead);
END
$$;
`
