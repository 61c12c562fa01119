import { AuthError, createTurns, isAuthError, systemClock, waitFor, type Clock } from '../core/index.js'
import { keyringTimeout, toKeyringError, type KeyringAction } from './keyring-failure.js'
import { createSystemKeyring, type Keyring, type KeyringEntry } from './system-keyring.js'

/** Which entry of which keyring. */
export interface KeyringPlace {
  readonly service: string
  readonly account: string
  /** The system's own when not given. */
  readonly keyring?: Keyring
  /** How long to wait for it, in milliseconds; 3,000 when not given. Raise it where a person has to unlock it first. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** An entry that is believed only after it was read back, and waited for no longer than the limit. */
export interface TrustedEntry {
  read(signal?: AbortSignal): Promise<string | undefined>
  write(text: string): Promise<void>
  remove(): Promise<void>
}

const defaultTimeoutMs = 3000

/**
 * A keyring may not be able to stop a call that hangs. The next one waits behind it, within its own limit, so that a late write never lands on
 * top of a newer one.
 *
 * The members throw AuthError `ERR_STORE_KEYRING_UNAVAILABLE`, `ERR_STORE_KEYRING_LOCKED`, `ERR_STORE_KEYRING_TIMEOUT`,
 * `ERR_CONFIG_MISSING_PACKAGE`, and for anything else `ERR_STORE_READ` or `ERR_STORE_WRITE`; `write` also `ERR_STORE_TOO_LARGE` before it
 * writes and `ERR_STORE_NOT_KEPT` after.
 */
export function createTrustedEntry(place: KeyringPlace): TrustedEntry {
  const { service, account, keyring = createSystemKeyring(), timeoutMs = defaultTimeoutMs, clock = systemClock } = place
  const takeTurn = createTurns()

  async function limited<Result>(
    action: KeyringAction,
    work: (entry: KeyringEntry, patience: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const [expired, done] = [new AbortController(), new AbortController()]
    const expire = () => expired.abort(keyringTimeout(timeoutMs))
    void clock.sleep(timeoutMs, done.signal).then(expire, () => undefined)
    const patience = signal ? AbortSignal.any([signal, expired.signal]) : expired.signal
    const attempt = async () => {
      try {
        return await work(await keyring.open(service, account), patience)
      } catch (error) {
        throw isAuthError(error) ? error : toKeyringError(error, action)
      }
    }
    try {
      return await waitFor(() => takeTurn(attempt, patience), patience)
    } finally {
      done.abort()
    }
  }

  return {
    read: (signal) =>
      limited('read', async (entry, patience) => (await entry.getPassword(patience)) ?? undefined, signal),
    async write(text) {
      requireRoom(text, keyring.mostBytes)
      await limited('write', async (entry, patience) => {
        await entry.setPassword(text, patience)
        if ((await entry.getPassword(patience)) !== text) throw notKept()
      })
    },
    async remove() {
      await limited('remove', async (entry, patience) => {
        await entry.deleteCredential(patience)
        if ((await entry.getPassword(patience)) !== null) throw notRemoved()
      })
    },
  }
}

function requireRoom(text: string, mostBytes = Infinity): void {
  const bytes = text.length * 2
  if (bytes <= mostBytes) return
  throw new AuthError('ERR_STORE_TOO_LARGE', `The keyring holds ${mostBytes} bytes an entry; this needs ${bytes}.`)
}

function notKept(): AuthError {
  return new AuthError('ERR_STORE_NOT_KEPT', 'The keyring accepted the entry and does not give it back as it was.')
}

function notRemoved(): AuthError {
  return new AuthError('ERR_STORE_NOT_KEPT', 'The keyring accepted the removal and still has the entry.', {
    advice: 'Remove the entry with the tools of your system.',
  })
}
