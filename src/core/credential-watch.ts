import type { Clock } from './clock.js'
import { isSameAccount, type ChatgptCredential } from './credential.js'
import type { Provider } from './providers/provider.js'
import { accountMismatch, requireChatgpt } from './require-chatgpt.js'
import type { SessionEvents } from './session-events.js'
import type { CredentialStore } from './store.js'

/** What a watch is made of. */
export interface CredentialWatchOptions {
  readonly store: CredentialStore
  readonly provider: Provider
  readonly clock: Clock
  readonly events: SessionEvents
  /** What to go by instead of the store's word, when the store lags behind. */
  readonly latest: (stored: ChatgptCredential) => ChatgptCredential
  /** Throws when the credential must not be used. */
  readonly accept: ((next: ChatgptCredential) => void) | undefined
}

/** The credential a session holds, and how it notices that the store holds another one by now. */
export interface CredentialWatch {
  readonly held: () => ChatgptCredential | undefined
  /** The held credential, unless it is time to look at the store again. */
  readonly fresh: () => ChatgptCredential | undefined
  /** The held credential when the store says that nothing has changed; else what it holds now, as `reload`. */
  readonly look: () => Promise<ChatgptCredential>
  /**
   * What the store holds now.
   *
   * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_UNSUPPORTED_MODE`, `ERR_TOKEN_ACCOUNT_MISMATCH`, `ERR_STORE_*`
   */
  readonly reload: () => Promise<ChatgptCredential>
  /** Goes on with `next`. @throws AuthError `ERR_TOKEN_ACCOUNT_MISMATCH` when it is somebody else's */
  readonly hold: (next: ChatgptCredential) => ChatgptCredential
  /** Forgets the credential, and with it the account. */
  readonly release: () => void
}

/** A change in the store is noticed within this time, at the price of one look. */
const lookEveryMs = 1000

/** A watch that has not looked yet: making one asks the store for nothing. */
export function createCredentialWatch(options: CredentialWatchOptions): CredentialWatch {
  const { store, provider, clock, events, latest, accept } = options
  let held: ChatgptCredential | undefined
  let revision: string | undefined
  let lookedAtMs = -Infinity
  let isAccountChanged = false

  function hold(next: ChatgptCredential): ChatgptCredential {
    if (held && !isSameAccount(held, next)) {
      if (!isAccountChanged) events.emit({ type: 'account-changed' })
      isAccountChanged = true
      throw accountMismatch()
    }
    isAccountChanged = false
    accept?.(next)
    held = next
    return next
  }

  async function reload(): Promise<ChatgptCredential> {
    // The marker is taken first: a change between the two looks like one after them, and is found the next time.
    const marker = await store.revision?.()
    const stored = await store.read()
    if (!stored && held) events.emit({ type: 'signed-out' })
    if (!stored) release()
    const next = hold(latest(requireChatgpt(stored, provider)))
    // Only what we hold counts as seen: what was refused is looked at, and refused, again.
    revision = marker
    lookedAtMs = clock.now()
    return next
  }

  async function look(): Promise<ChatgptCredential> {
    const isUnchanged = held && revision !== undefined && (await store.revision?.()) === revision
    if (!held || !isUnchanged) return reload()
    lookedAtMs = clock.now()
    return held
  }

  function release(): void {
    held = undefined
    revision = undefined
    lookedAtMs = -Infinity
  }

  return {
    held: () => held,
    fresh: () => (Math.abs(clock.now() - lookedAtMs) < lookEveryMs ? held : undefined),
    look,
    reload,
    hold,
    release,
  }
}
