import type { ChatgptCredential, CredentialStore, Provider } from '../core/index.js'
import type { SignInFlow } from './door.js'

/** Who is signed in now, how that came about, and where it lies. Holds no token. */
export interface SignInResult {
  readonly provider: Provider['name']
  /** `stored` when somebody was signed in already and nobody was asked. */
  readonly flow: SignInFlow | 'stored'
  /** The kind of the store, such as `file`. */
  readonly storage: string
  readonly mode: ChatgptCredential['mode']
  readonly accountId?: string
  readonly email?: string
  readonly planType?: string
  /** When the access token ends, in milliseconds since the epoch; a session refreshes it before. */
  readonly expiresAtMs?: number
  /** Whether it outlives this process. */
  readonly isPersisted: boolean
  /** What a person should know, each a sentence. */
  readonly warnings: readonly string[]
}

interface NewResult {
  readonly credential: ChatgptCredential
  readonly provider: Provider
  readonly store: CredentialStore
  readonly flow: SignInResult['flow']
  readonly warnings: readonly string[]
}

export function toSignInResult({ credential, provider, store, flow, warnings }: NewResult): SignInResult {
  const { mode, accountId, expiresAtMs, identity } = credential
  return {
    provider: provider.name,
    flow,
    storage: store.kind,
    mode,
    ...(accountId !== undefined && { accountId }),
    ...(identity.email !== undefined && { email: identity.email }),
    ...(identity.planType !== undefined && { planType: identity.planType }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    isPersisted: store.kind !== 'memory',
    warnings,
  }
}
