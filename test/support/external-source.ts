import { Secret } from '../../src/core/index.js'
import { chatgptTokens } from '../../src/core/external.js'
import type { ExternalAuth, ExternalRefreshContext, ExternalTokens } from '../../src/core/external.js'
import type { Emulator, IssuedTokens } from '../../src/testing/index.js'

/** A source whose owner keeps a sign-in at the emulator alive, and which counts how often it is asked. */
export interface EmulatedSource extends Required<ExternalAuth> {
  /** What the next `resolve` gives. */
  offered: ExternalTokens | undefined
  /** What the next `refresh` gives; new tokens of the same account when not set. */
  renewed: ExternalTokens | undefined
  resolved: number
  readonly refreshes: ExternalRefreshContext[]
}

export async function createEmulatedSource(emulator: Emulator): Promise<EmulatedSource> {
  const source: EmulatedSource = {
    offered: toTokens(await emulator.issueTokens()),
    renewed: undefined,
    resolved: 0,
    refreshes: [],
    resolve: async () => {
      source.resolved += 1
      return source.offered
    },
    refresh: async (context) => {
      source.refreshes.push(context)
      source.offered = source.renewed ?? toTokens(await emulator.issueTokens())
      return source.offered
    },
  }
  return source
}

export function toTokens({ accessToken, account }: IssuedTokens): ExternalTokens {
  return chatgptTokens(new Secret(accessToken), { accountId: account.accountId, planType: account.planType })
}
