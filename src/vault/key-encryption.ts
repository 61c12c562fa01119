import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { AuthError, type Secret } from '../core/index.js'

/** Wraps the keys that credentials are encrypted with. A key management service can be one: it never gives its own key out. */
export interface KeyEncryption {
  /** The key that new data keys are wrapped with. */
  readonly currentKeyId: string
  /** @param context Bound to what it returns: `unwrap` with another one must fail. */
  wrap(dataKey: Buffer, context: Buffer): Buffer | Promise<Buffer>
  unwrap(keyId: string, wrapped: Buffer, context: Buffer): Buffer | Promise<Buffer>
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM: nonce, ciphertext, tag. */
export function encrypt(key: Buffer | KeyObject, plain: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce)
  cipher.setAAD(context)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws AuthError `ERR_STORE_DECRYPT` */
export function decrypt(key: Buffer | KeyObject, sealed: Buffer, context: Buffer): Buffer {
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    decipher.setAAD(context)
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    const plain = decipher.update(sealed.subarray(nonceBytes, -tagBytes))
    // Authenticates, and has nothing to add: in this mode there are no blocks to fill.
    decipher.final()
    return plain
  } catch {
    // The platform's error says no more than that, and what it might quote is nobody's business.
    throw undecryptable()
  }
}

function undecryptable(): AuthError {
  return new AuthError(
    'ERR_STORE_DECRYPT',
    'A row of the vault is not what was written there, or its key is another.',
    {
      advice: 'Give the vault the keys it was written with. If they are the ones, somebody has changed the row.',
    },
  )
}

/**
 * Keys of one's own, as text: lines of `id:key`, 32 bytes in base64 each; the first one is current, the others are for what is not wrapped anew
 * yet. Make one with `planpass vault keys new`.
 *
 * @throws AuthError `ERR_CONFIG_USAGE`
 */
export function createLocalKeys(text: Secret): KeyEncryption {
  const lines = text.reveal().split(/[\n,]/)
  const parsed = lines.flatMap((line) => (line.trim() === '' ? [] : [parseKey(line.trim())]))
  const keys = new Map(parsed)
  // One would be taken for both: what is thought to be rotated would not be, until the other key is thrown away.
  if (keys.size < parsed.length) throw sameNames(parsed)
  const [currentKeyId] = keys.keys()
  if (currentKeyId === undefined) throw badKeys()
  const keyOf = (keyId: string) => {
    const key = keys.get(keyId)
    if (key) return key
    throw new AuthError('ERR_STORE_DECRYPT', 'A row of the vault is wrapped with a key that was not handed in.', {
      advice: 'Give the vault the keys it was written with.',
    })
  }
  return {
    currentKeyId,
    wrap: (dataKey, context) => encrypt(keyOf(currentKeyId), dataKey, context),
    unwrap: (keyId, wrapped, context) => decrypt(keyOf(keyId), wrapped, context),
  }
}

function parseKey(line: string): [id: string, key: KeyObject] {
  const [, id = '', encoded = ''] = /^([\w.-]{1,64}):([\w+/-]+=*)$/.exec(line) ?? []
  const key = Buffer.from(encoded, 'base64')
  if (key.byteLength !== keyBytes) throw badKeys()
  return [id, createSecretKey(key)]
}

function sameNames(keys: readonly (readonly [id: string, key: KeyObject])[]): AuthError {
  const ids = keys.map(([id]) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  return new AuthError('ERR_CONFIG_USAGE', `Two keys of the vault have the name ${twice}.`, {
    advice: 'Give the newer one another name, before the colon, unless something is wrapped with it already.',
  })
}

function badKeys(): AuthError {
  return new AuthError('ERR_CONFIG_USAGE', 'The keys of the vault are not lines of `id:key` with 32 bytes in base64.', {
    advice: 'Make one with `planpass vault keys new`.',
  })
}

/** A key for `createLocalKeys`, as its line. */
export function createLocalKey(id: string): string {
  return `${id}:${randomBytes(keyBytes).toString('base64')}`
}

/** A key for one row. */
export function createDataKey(): Buffer {
  return randomBytes(keyBytes)
}
