import type { webcrypto } from 'node:crypto'
import { AuthError, parseAuthFile, parseJsonObject, readObject, readString, serializeAuthFile } from '../core/index.js'
import type { JsonObject } from '../core/index.js'
import type { DocumentCodec } from './document-file.js'
import { corruptDocument, decodeBytes, encodeBytes } from './encrypted-bytes.js'
import type { EncryptionKey } from './encryption-key.js'

/** What the document is for. A ciphertext of another purpose or version does not open here, whoever has the key. */
const purpose = 'encrypted-credential'
const version = 1
/** NIST SP 800-38D 5.2.1.1 recommends 96 bits. */
const ivBytes = 12

/**
 * An `auth.json` under AES-256-GCM:
 * `{"planpass": "encrypted-credential", "v": 1, "key": {…}, "iv": "…", "ciphertext": "…"}`, bytes in base64url, the tag at the ciphertext's end.
 * Purpose, version and `key` are authenticated too. Each encoding takes a fresh iv.
 */
export function createEncryptedCodec(encryptionKey: EncryptionKey): DocumentCodec {
  return {
    prepare: () => encryptionKey.seal(),

    async encode(credential) {
      const { key, parameters } = await encryptionKey.seal()
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
      const plaintext = new TextEncoder().encode(serializeAuthFile(credential))
      const ciphertext = encodeBytes(await crypto.subtle.encrypt(cipher(iv, parameters), key, plaintext))
      const document = { planpass: purpose, v: version, key: parameters, iv: encodeBytes(iv), ciphertext }
      return JSON.stringify(document, undefined, 2)
    },

    async decode(text) {
      const { parameters, iv, ciphertext } = parseDocument(text)
      const key = await encryptionKey.open(parameters)
      return parseAuthFile(await decrypt(cipher(iv, parameters), key, ciphertext))
    },
  }
}

interface EncryptedDocument {
  readonly parameters: JsonObject
  readonly iv: Buffer<ArrayBuffer>
  readonly ciphertext: Buffer<ArrayBuffer>
}

/** Half a document is damaged and may be replaced; a whole one that is not ours to open is not. */
function parseDocument(text: string): EncryptedDocument {
  const document = parseJsonObject(text)
  if (!document) throw corruptDocument('it is not a JSON object')
  if (document['planpass'] !== purpose)
    throw notOurs('is not encrypted by planpass', 'Look what the file is, then move it away.')
  if (document['v'] !== version) throw notOurs('has a version this planpass does not know', 'Update planpass.')
  const parameters = readObject(document, 'key')
  if (!parameters) throw corruptDocument('`key` is missing or not an object')
  const iv = decodeBytes(readString(document, 'iv'), 'iv')
  if (iv.byteLength !== ivBytes) throw corruptDocument('`iv` has the wrong length')
  return { parameters, iv, ciphertext: decodeBytes(readString(document, 'ciphertext'), 'ciphertext') }
}

function cipher(iv: Uint8Array<ArrayBuffer>, parameters: JsonObject): webcrypto.AesGcmParams {
  const context = JSON.stringify([purpose, version, parameters])
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(context) }
}

async function decrypt(
  parameters: webcrypto.AesGcmParams,
  key: webcrypto.CryptoKey,
  ciphertext: Buffer<ArrayBuffer>,
): Promise<string> {
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, key, ciphertext))
  } catch {
    throw new AuthError(
      'ERR_STORE_DECRYPT',
      'The stored credential cannot be decrypted: the passphrase or key is another one, or the file was changed.',
    )
  }
}

function notOurs(what: string, advice: string): AuthError {
  return new AuthError('ERR_STORE_DECRYPT', `The stored credential ${what}.`, { advice })
}
