import { writeFileSync } from 'node:fs'

/** Codex's own `auth.json`, as `codex login` leaves it. */
export function writeCodexAuthFile({ path }, { idToken, accessToken, refreshToken }) {
  const { accountId } = readClaims(accessToken)
  const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, account_id: accountId }
  const file = { auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens, last_refresh: new Date().toISOString() }
  writeFileSync(path, JSON.stringify(file, null, 2), { mode: 0o600 })
}

/** What an access token says of itself. */
export function readClaims(accessToken) {
  const [, payload] = accessToken.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const { chatgpt_account_id: accountId } = claims['https://api.openai.com/auth']
  return { accountId, expiresAtMs: claims.exp * 1000 }
}
