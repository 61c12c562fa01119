import { AuthError } from '../core/index.js'

/** One named secret in a keyring. */
export interface KeyringEntry {
  getPassword(): Promise<string | null>
  setPassword(text: string): Promise<void>
  /** @returns false when there was none */
  deleteCredential(): Promise<boolean>
}

/** A keyring as the stores use it: the system's own, or a test's. */
export interface Keyring {
  /** How many bytes of UTF-16 an entry can hold, where there is a limit. */
  readonly mostBytes?: number
  open(service: string, account: string): Promise<KeyringEntry>
}

/** `CRED_MAX_CREDENTIAL_BLOB_SIZE` of Windows; the others have no limit that a credential comes near. */
const mostBytesOnWindows = 5 * 512

/**
 * The keyring of the operating system: Keychain, Credential Manager, or the Secret Service. On Linux no other is taken in its place; the
 * kernel's own, which the addon would fall back to, forgets at logout.
 *
 * `open` throws AuthError `ERR_CONFIG_MISSING_PACKAGE` when the optional peer is not installed.
 */
export function createSystemKeyring(): Keyring {
  return {
    ...(process.platform === 'win32' && { mostBytes: mostBytesOnWindows }),
    async open(service, account) {
      const { AsyncEntry } = await loadAddon()
      return new AsyncEntry(service, account, { linux: { store: 'secret-service' } })
    },
  }
}

async function loadAddon() {
  try {
    return await import('@napi-rs/keyring')
  } catch (error) {
    throw new AuthError('ERR_CONFIG_MISSING_PACKAGE', 'The keyring of the system needs the package @napi-rs/keyring.', {
      cause: error,
      advice: 'Install it: npm install @napi-rs/keyring',
    })
  }
}
