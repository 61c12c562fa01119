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
  const { ofKey, ofText } = contextsOf(place)
  const wrappedKey = await keys.wrap(dataKey, ofKey)
  return { keyId: keys.currentKeyId, wrappedKey, sealed: encrypt(dataKey, Buffer.from(text), ofText) }
}

/** @throws AuthError `ERR_STORE_DECRYPT` */
export async function openEnvelope(keys: KeyEncryption, envelope: Envelope, place: EnvelopePlace): Promise<string> {
  const { ofKey, ofText } = contextsOf(place)
  const unwrapped = keys.unwrap(envelope.keyId, envelope.wrappedKey, ofKey)
  const dataKey = Buffer.isBuffer(unwrapped) ? unwrapped : await unwrapped
  return decrypt(dataKey, envelope.sealed, ofText).toString()
}

/** The same text under another key of the vault. The data key stays, and so does what it has encrypted. */
export async function rewrapKey(
  keys: KeyEncryption,
  old: Omit<Envelope, 'sealed'>,
  place: EnvelopePlace,
): Promise<Buffer> {
  const { ofKey } = contextsOf(place)
  return keys.wrap(await keys.unwrap(old.keyId, old.wrappedKey, ofKey), ofKey)
}

/** As JSON, which no names can be made to run together in. */
function contextsOf({ tenant, user, mark }: EnvelopePlace): { readonly ofKey: Buffer; readonly ofText: Buffer } {
  const place = JSON.stringify([tenant, user, mark])
  return { ofKey: Buffer.from(`planpass-vault-key 1 ${place}`), ofText: Buffer.from(`planpass-vault-text 1 ${place}`) }
}
