import { AuthError, isAuthError, type ErrorCode } from '../core/index.js'

const advice =
  'Run `codex login` to sign in again; to keep it from happening, give planpass a sign-in of its own with `planpass login`.'

/** What a shared sign-in adds to the server's refusal: whose doing it is, as far as anybody can know. */
const explanations: Partial<Record<ErrorCode, (place: string) => string>> = {
  ERR_TOKEN_REFRESH_REUSED: (place) =>
    `Another program has used the refresh token in ${place} and not stored what it got for it. planpass uses each token once; the Codex CLI, which shares this sign-in, refreshes without waiting for anybody.`,
  ERR_TOKEN_REFRESH_REVOKED: (place) =>
    `The server has ended the sign-in in ${place}. If nobody signed out, a refresh token was used twice. planpass uses each token once; the Codex CLI, which shares this sign-in, refreshes without waiting for anybody.`,
}

/** Says so when another program has cost us the sign-in; every other failure stays as it is. */
export function explainSharedFailure(error: unknown, place: string): unknown {
  if (!isAuthError(error)) return error
  const explain = explanations[error.code]
  return explain ? new AuthError(error.code, explain(place), { cause: error, advice }) : error
}
