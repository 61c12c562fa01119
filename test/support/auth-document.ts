import { accessToken, ada, idToken } from './jwt.js'

/** 2026-01-01T00:00:00Z, where the fake clock starts. */
export const startMs = Date.UTC(2026, 0, 1)

const hourMs = 60 * 60 * 1000

export type AuthDocument = Record<string, unknown> & { tokens: Record<string, unknown> }

/** An `auth.json` as Codex 0.169 writes it (real-codex 3). */
export function authDocument(): AuthDocument {
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: idToken(),
      access_token: accessToken(startMs + hourMs),
      refresh_token: 'refresh-token-of-ada',
      oauth_provenance: { issuer: 'https://auth.emulator.test/', client_id: 'app_test' },
      login_owner_id: 'B0__AsE7sYxVhld1hrutldlO6FMAk5h-EfsF3i7MIMw',
      account_id: ada.accountId,
    },
    last_refresh: '2025-12-31T23:32:08.502028879Z',
  }
}

/** The text as Codex lays it out: two spaces, no newline at the end (protocol 4.6). */
export function authText(document: unknown = authDocument()): string {
  return JSON.stringify(document, undefined, 2)
}

/** The document with members of `tokens` replaced; `undefined` takes one out. */
export function withTokens(tokens: Record<string, unknown>): AuthDocument {
  const document = authDocument()
  return { ...document, tokens: { ...document.tokens, ...tokens } }
}
