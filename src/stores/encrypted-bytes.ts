import { AuthError } from '../core/index.js'

/** Base64url without padding (RFC 4648 5). */
export function encodeBytes(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): string {
  return Buffer.from(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes).toString('base64url')
}

/** @throws AuthError `ERR_STORE_CORRUPT` naming the member when it is no base64url, or not there */
export function decodeBytes(text: string | undefined, member: string): Buffer<ArrayBuffer> {
  if (!text || !/^[\w-]+$/.test(text)) throw corruptDocument(`\`${member}\` is missing or not base64url`)
  return Buffer.from(text, 'base64url')
}

export function corruptDocument(why: string): AuthError {
  return new AuthError('ERR_STORE_CORRUPT', `The encrypted credential cannot be read: ${why}.`)
}
