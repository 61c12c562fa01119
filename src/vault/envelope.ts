import { createDataKey, decrypt, encrypt, type KeyEncryption } from './key-encryption.js'
import type { VaultOwner } from './owner.js'

/** A text, encrypted with a key of its own, which is wrapped with the vault's. */
export interface Envelope {
  readonly keyId: string
  readonly wrappedKey: Buffer
  readonly sealed: Buffer
}

/** Where an envelope belongs: it opens nowhere else. */
export interface EnvelopePlace extends VaultOwner {
  /** Its generation, or the id of a sign-in. */
  readonly mark: string
}

export async function sealEnvelope(keys: KeyEncryption, text: string, place: EnvelopePlace): Promise<Envelope> {
  const dataKey = createDataKey()
  const wrappedKey = await keys.wrap(dataKey, keyContext(place))
  return {
    keyId: keys.currentKeyId,
    wrappedKey,
    sealed: encrypt(dataKey, Buffer.from(text), textContext(place)),
  }
}

/** @throws AuthError `ERR_STORE_DECRYPT` */
export async function openEnvelope(keys: KeyEncryption, envelope: Envelope, place: EnvelopePlace): Promise<string> {
  const unwrapped = keys.unwrap(envelope.keyId, envelope.wrappedKey, keyContext(place))
  const dataKey = Buffer.isBuffer(unwrapped) ? unwrapped : await unwrapped
  return decrypt(dataKey, envelope.sealed, textContext(place)).toString()
}

/** The same text under another key of the vault. The data key stays, and so does what it has encrypted. */
export async function rewrapKey(
  keys: KeyEncryption,
  old: Omit<Envelope, 'sealed'>,
  place: EnvelopePlace,
): Promise<Buffer> {
  const context = keyContext(place)
  return keys.wrap(await keys.unwrap(old.keyId, old.wrappedKey, context), context)
}

/** As JSON, which no names can be made to run together in. */
function keyContext({ tenant, user, mark }: EnvelopePlace): Buffer {
  return Buffer.from(JSON.stringify(['planpass-vault-key', 1, tenant, user, mark]))
}

function textContext({ tenant, user, mark }: EnvelopePlace): Buffer {
  return Buffer.from(JSON.stringify(['planpass-vault-text', 1, tenant, user, mark]))
}
