import { fingerprint, type Secret } from './secret.js'
import type { AuthError, ErrorCode } from './errors.js'

/** What is known of a refresh token that the server refused for good. */
export interface RefreshVerdict {
  readonly code: ErrorCode
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/**
 * Remembers refresh tokens that are dead, by fingerprint, so that each is tried once. A new token has a new fingerprint, and so a clean
 * record.
 */
export interface RefreshVerdicts {
  recall(tokenFingerprint: string): Promise<RefreshVerdict | undefined>
  remember(tokenFingerprint: string, verdict: RefreshVerdict): Promise<void>
  /** True when nothing is remembered at all, which is nearly always, and spares the caller the fingerprint. */
  isEmpty?(): Promise<boolean>
}

/** Verdicts that end with the process. */
export function createMemoryVerdicts(): RefreshVerdicts {
  const verdicts = new Map<string, RefreshVerdict>()
  return {
    recall: async (tokenFingerprint) => verdicts.get(tokenFingerprint),
    remember: async (tokenFingerprint, verdict) => void verdicts.set(tokenFingerprint, verdict),
    isEmpty: async () => verdicts.size === 0,
  }
}

/** What is known of `token`, if anything. */
export async function recallVerdict(verdicts: RefreshVerdicts, token: Secret): Promise<RefreshVerdict | undefined> {
  if (await verdicts.isEmpty?.()) return undefined
  return verdicts.recall(await fingerprint(token))
}

/** Writes down that the server refused `token` for good with `error`. */
export async function rememberVerdict(
  verdicts: RefreshVerdicts,
  token: Secret,
  error: AuthError,
  nowMs: number,
): Promise<void> {
  await verdicts.remember(await fingerprint(token), { code: error.code, atMs: nowMs })
}
