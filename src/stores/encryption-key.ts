import { createHash, randomBytes, scrypt, type webcrypto } from 'node:crypto'
import { AuthError, readNumber, readString, type JsonObject, type Secret } from '../core/index.js'
import { corruptDocument, decodeBytes } from './encrypted-bytes.js'

/** What opens and seals an encrypted file. Made by `createPassphraseKey` and `createSourceKey`. */
export interface EncryptionKey {
  /** The key of a document that says this of its key. @throws AuthError `ERR_STORE_DECRYPT` when this is not it */
  open(parameters: JsonObject): Promise<webcrypto.CryptoKey>
  /** The key for the next document: the one of the last that was opened, or a new one. */
  seal(): Promise<SealingKey>
}

export interface SealingKey {
  readonly key: webcrypto.CryptoKey
  /** What `open` needs to find the key again. Not secret. */
  readonly parameters: JsonObject
}

/** Keeps the 32 bytes of a key: a keyring, a key management service, a file that is mounted at run time. */
export interface KeySource {
  /** For people: where the key is, never the key. */
  describe(): string
  /** `undefined` when there is none. */
  read(): Promise<Uint8Array | undefined>
  /** Makes a key where there is none, keeps it durably, and returns it. */
  create(): Promise<Uint8Array>
}

/** Memory 128 MiB, the strongest of the settings OWASP names for scrypt (Password Storage Cheat Sheet). */
const cost = { n: 2 ** 17, r: 8, p: 1 }
/** A file may ask for other settings, but not to stop the machine. */
const mostMemoryBytes = 512 * 1024 * 1024
const keyBytes = 32
const saltBytes = 16

interface Derivation {
  readonly n: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
}

/**
 * A key that scrypt derives from a passphrase, once for each salt. Passphrases that look the same are the same, whatever composed their letters.
 *
 * @throws AuthError `ERR_CONFIG_USAGE` when the passphrase is empty
 */
export function createPassphraseKey(passphrase: Secret): EncryptionKey {
  const password = passphrase.reveal().normalize('NFC')
  if (password === '')
    throw new AuthError('ERR_CONFIG_USAGE', 'The passphrase is empty.', { advice: 'Choose a longer one.' })
  let last: { readonly parameters: JsonObject; readonly key: Promise<webcrypto.CryptoKey> } | undefined

  function derive(parameters: JsonObject): Promise<webcrypto.CryptoKey> {
    if (last && isSame(last.parameters, parameters)) return last.key
    const key = deriveBytes(password, parseDerivation(parameters)).then(importKey)
    last = { parameters, key }
    return key
  }

  return {
    async open(parameters) {
      requireKind(parameters, 'scrypt', 'a passphrase was given')
      return derive(parameters)
    },
    async seal() {
      const fresh = { kind: 'scrypt', ...cost, salt: randomBytes(saltBytes).toString('base64url') }
      const parameters = last?.parameters ?? fresh
      return { key: await derive(parameters), parameters }
    },
  }
}

/** A key that somebody else keeps, asked for once and again when a document names another one. */
export function createSourceKey(source: KeySource): EncryptionKey {
  let last: SealingKey | undefined

  async function remember(bytes: Uint8Array): Promise<SealingKey> {
    if (bytes.byteLength !== keyBytes) throw locked(`${source.describe()} holds ${bytes.byteLength} bytes and not 32`)
    last = { key: await importKey(bytes), parameters: { kind: 'source', id: keyId(bytes) } }
    return last
  }

  async function find(): Promise<SealingKey> {
    const bytes = await source.read()
    if (!bytes) throw locked(`its key is no longer in ${source.describe()}`)
    return remember(bytes)
  }

  return {
    async open(parameters) {
      requireKind(parameters, 'source', `the key of ${source.describe()} was given`)
      const known = last && isSame(last.parameters, parameters) ? last : await find()
      if (!isSame(known.parameters, parameters)) throw locked(`${source.describe()} holds another key`)
      return known.key
    },
    seal: async () => last ?? remember((await source.read()) ?? (await source.create())),
  }
}

/** A name for a key, one-way: 64 bits of a digest say nothing of 256 random ones. */
function keyId(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

function requireKind(parameters: JsonObject, kind: string, given: string): void {
  if (parameters['kind'] === kind) return
  const needed = parameters['kind'] === 'scrypt' ? 'it needs a passphrase' : 'it needs a stored key'
  throw locked(`${needed}, and ${given}`)
}

function parseDerivation(parameters: JsonObject): Derivation {
  const [n, r, p] = [positive(parameters, 'n'), positive(parameters, 'r'), positive(parameters, 'p')]
  const isPowerOfTwo = n > 1 && Math.log2(n) % 1 === 0
  if (!isPowerOfTwo || memoryBytes({ n, r, p }) > mostMemoryBytes)
    throw corruptDocument('its scrypt settings are out of range')
  return { n, r, p, salt: decodeBytes(readString(parameters, 'salt'), 'salt') }
}

function positive(parameters: JsonObject, member: string): number {
  const value = readNumber(parameters, member)
  if (value === undefined || !Number.isSafeInteger(value) || value < 1)
    throw corruptDocument(`\`${member}\` is no count`)
  return value
}

/** RFC 7914 2: the large block vector, and a block for each parallel lane. */
function memoryBytes({ n, r, p }: Omit<Derivation, 'salt'>): number {
  return 128 * r * (n + p + 2)
}

function deriveBytes(password: string, { n, r, p, salt }: Derivation): Promise<Uint8Array> {
  const settings = { N: n, r, p, maxmem: memoryBytes({ n, r, p }) }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, settings, (error, bytes) => (error ? reject(error) : resolve(bytes)))
  })
}

function importKey(bytes: Uint8Array): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey('raw', new Uint8Array(bytes), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

function isSame(one: JsonObject, other: JsonObject): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function locked(why: string): AuthError {
  return new AuthError('ERR_STORE_DECRYPT', `The stored credential cannot be decrypted: ${why}.`)
}
