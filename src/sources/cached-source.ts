import { createTurns, type Clock, type Secret } from '../core/index.js'
import { type ExternalAuth, type ExternalTokens } from '../core/external.js'
import type { AccessGrant } from './access-document.js'

/** Where a token comes from, and for how long it is kept. */
export interface CachedSourceOptions {
  /** Gets a token from its owner; `rejected` is the one that was refused, when one was. */
  readonly ask: (rejected: Secret | undefined) => Promise<AccessGrant>
  /** After how long the owner is asked again, in milliseconds; 0: only after a 401, or near the token's end where that is known. */
  readonly refreshIntervalMs: number
  readonly clock: Clock
}

/** How long before its known end a token is no longer given out: a request must be able to finish with it. */
const endMarginMs = 60_000

/** Keeps the last token for a while, and asks its owner one question at a time. */
export function createCachedSource({ ask, refreshIntervalMs, clock }: CachedSourceOptions): Required<ExternalAuth> {
  const takeTurn = createTurns()
  let last: { readonly grant: AccessGrant; readonly atMs: number } | undefined

  function fresh(): ExternalTokens | undefined {
    if (!last) return undefined
    const { grant, atMs } = last
    const isOld = refreshIntervalMs > 0 && clock.now() - atMs >= refreshIntervalMs
    const isEnding = grant.expiresAtMs !== undefined && grant.expiresAtMs <= clock.now() + endMarginMs
    return isOld || isEnding ? undefined : grant.tokens
  }

  async function renew(rejected?: Secret): Promise<ExternalTokens> {
    const grant = await ask(rejected)
    last = { grant, atMs: clock.now() }
    return grant.tokens
  }

  return {
    // Looked at again when the turn comes: the turn before may have brought what this one wants.
    resolve: async () => fresh() ?? takeTurn(async () => fresh() ?? renew()),
    refresh: ({ rejected }) =>
      takeTurn(async () => {
        const kept = fresh()
        const isNewer = kept && rejected && !kept.accessToken.equals(rejected)
        return isNewer ? kept : renew(rejected)
      }),
  }
}
