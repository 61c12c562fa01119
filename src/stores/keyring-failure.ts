import { AuthError, toOneSafeLine, type ErrorCode } from '../core/index.js'

/** What was being done, for the sentence that says it failed. */
export type KeyringAction = 'read' | 'write' | 'remove'

interface Verdict {
  readonly says: RegExp
  readonly code: ErrorCode
  readonly words: string
}

/**
 * The addon names no causes, so its words must do: those of keyring-rs, of D-Bus and Secret Service, of macOS (`errSecInteractionNotAllowed`,
 * `errSecAuthFailed`) and of Windows (`ERROR_NO_SUCH_LOGON_SESSION`).
 */
const verdicts: readonly Verdict[] = [
  {
    says: /did not receive a reply|timed? ?out/i,
    code: 'ERR_STORE_KEYRING_TIMEOUT',
    words: 'does not answer',
  },
  {
    says: /prompt was dismissed|is locked|interaction is not allowed|user cancell?ed|passphrase you entered/i,
    code: 'ERR_STORE_KEYRING_LOCKED',
    words: 'is locked, and nobody unlocked it',
  },
  {
    says: /\.service files|has no owner|no result found/i,
    code: 'ERR_STORE_KEYRING_UNAVAILABLE',
    words: 'is not there: no Secret Service with a default collection answers on D-Bus',
  },
  {
    says: /dbus|d-bus|\bbus\b/i,
    code: 'ERR_STORE_KEYRING_UNAVAILABLE',
    words: 'cannot be reached: there is no D-Bus session',
  },
  {
    says: /no default credential|no such logon session|specified logon session/i,
    code: 'ERR_STORE_KEYRING_UNAVAILABLE',
    words: 'is not there for this logon session',
  },
]

/** @param failure What the keyring threw; its words go into the message, it never quotes what is stored */
export function toKeyringError(failure: unknown, action: KeyringAction): AuthError {
  const said = failure instanceof Error ? failure.message : ''
  const verdict = verdicts.find(({ says }) => says.test(said))
  const code = verdict?.code ?? (action === 'read' ? 'ERR_STORE_READ' : 'ERR_STORE_WRITE')
  const words = verdict?.words ?? `failed to ${action} the entry`
  return new AuthError(code, `The keyring ${words} (${toOneSafeLine(said)}).`, {
    cause: failure,
    ...(!verdict && { advice: 'Look at the keyring with the tools of your system, or choose the encrypted file.' }),
  })
}

export function keyringTimeout(timeoutMs: number): AuthError {
  return new AuthError('ERR_STORE_KEYRING_TIMEOUT', `The keyring did not answer within ${timeoutMs / 1000} seconds.`)
}
