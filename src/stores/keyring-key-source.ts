import { randomBytes } from 'node:crypto'
import { AuthError } from '../core/index.js'
import type { KeySource } from './encryption-key.js'
import { createTrustedEntry, type KeyringPlace } from './keyring-entry.js'

/**
 * Keeps the 32-byte key of an encrypted file in the keyring, and nothing else: small enough for each of them. One account for each file.
 *
 * `read` and `create` throw what `createKeyringStore` throws of the keyring; `read` also AuthError `ERR_STORE_DECRYPT` when the entry is no key.
 *
 * ```ts
 * const key = createSourceKey(createKeyringKeySource({ service: 'my-program', account: 'default' }))
 * const store = createEncryptedFileStore('/data/auth.encrypted.json', key)
 * ```
 */
export function createKeyringKeySource(place: KeyringPlace): KeySource {
  const entry = createTrustedEntry(place)
  const where = `the keyring of the system (service ${place.service}, account ${place.account})`
  return {
    describe: () => where,
    async read() {
      const text = await entry.read()
      return text === undefined ? undefined : parseKey(text, where)
    },
    async create() {
      const key = randomBytes(32)
      await entry.write(key.toString('base64url'))
      return key
    },
  }
}

function parseKey(text: string, where: string): Uint8Array {
  if (/^[\w-]{43}$/.test(text)) return Buffer.from(text, 'base64url')
  throw new AuthError('ERR_STORE_DECRYPT', `The entry in ${where} is not a key.`, {
    advice: 'Give each encrypted file an account of its own.',
  })
}
