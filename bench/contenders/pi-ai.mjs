// As its README says under "Using OAuth Tokens": it keeps nothing itself, its caller reads the file and writes it, for each request.
import { getOAuthApiKey } from '@mariozechner/pi-ai/oauth'
import { readFileSync, writeFileSync } from 'node:fs'
import { readClaims } from './codex-auth-file.mjs'

const provider = 'openai-codex'

export function signIn({ path }, { accessToken, refreshToken }) {
  const { expiresAtMs, accountId } = readClaims(accessToken)
  write(path, {}, { access: accessToken, refresh: refreshToken, expires: expiresAtMs, accountId })
}

export function open({ path }) {
  return async (url) => {
    const auth = JSON.parse(readFileSync(path, 'utf8'))
    const { apiKey, newCredentials } = await getOAuthApiKey(provider, auth)
    write(path, auth, newCredentials)
    const headers = { authorization: `Bearer ${apiKey}`, 'chatgpt-account-id': newCredentials.accountId }
    return fetch(url, { headers })
  }
}

function write(path, auth, credentials) {
  const changed = { ...auth, [provider]: { type: 'oauth', ...credentials } }
  writeFileSync(path, JSON.stringify(changed, null, 2))
}
