import type { ExternalAuth, ExternalTokens } from '../core/external.js'

/** The tokens of a source, for those who are told of a refusal and nothing more. */
export interface TokenKeeper {
  /** What the source has at hand, else the last it gave, else its first. */
  current(): Promise<ExternalTokens>
  /** Others than `rejected`: what came meanwhile, else what one refresh brings, shared by all who wait. */
  insteadOf(rejected: ExternalTokens, accountId?: string): Promise<ExternalTokens>
}

export function createTokenKeeper(auth: ExternalAuth): TokenKeeper {
  let latest: ExternalTokens | undefined
  let refreshing: Promise<ExternalTokens> | undefined

  async function refresh(rejected?: ExternalTokens, accountId?: string): Promise<ExternalTokens> {
    latest = await auth.refresh({
      reason: 'unauthorized',
      ...(accountId !== undefined && { previousAccountId: accountId }),
      ...(rejected && { rejected: rejected.accessToken }),
    })
    return latest
  }

  function refreshOnce(rejected?: ExternalTokens, accountId?: string): Promise<ExternalTokens> {
    refreshing ??= refresh(rejected, accountId).finally(() => {
      refreshing = undefined
    })
    return refreshing
  }

  return {
    async current() {
      if (refreshing) return refreshing
      const before = latest
      const offered = await auth.resolve?.()
      // An answer that comes late must not bring back the token that was refused meanwhile.
      if (offered && latest === before) latest = offered
      return latest ?? refreshOnce()
    },
    async insteadOf(rejected, accountId) {
      const isNewer = latest && !latest.accessToken.equals(rejected.accessToken)
      return latest && isNewer ? latest : refreshOnce(rejected, accountId)
    },
  }
}
