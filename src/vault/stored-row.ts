import type { Envelope } from './envelope.js'

/** A credential as it lies in the database. */
export interface StoredRow extends Envelope {
  readonly generation: bigint
  readonly dead?: { readonly fingerprint: string; readonly code: string; readonly atMs: number }
}

/** Row and all as one text, as `planpass.read` makes it: a column costs more to receive than to part here. */
export function parseStoredRow(text: string): StoredRow {
  const [generation = '', fingerprint = '', code = '', atMs, wrappedKey = '', sealed = '', ...keyId] = text.split('\n')
  return {
    keyId: keyId.join('\n'),
    wrappedKey: Buffer.from(wrappedKey, 'hex'),
    sealed: Buffer.from(sealed, 'hex'),
    generation: toBigInt(generation),
    ...(code !== '' && { dead: { fingerprint, code, atMs: Number(atMs) } }),
  }
}

/** `bigint` comes as text, or as a number where a host has told its driver so. */
export function toBigInt(value: unknown): bigint {
  return BigInt(String(value))
}
