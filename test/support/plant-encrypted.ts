import { createCipheriv, createHash, randomBytes } from 'node:crypto'

/**
 * What an encrypted file looks like when `text` is in it, also when no store would write that text. Made from the format's description and
 * Node's own cipher, so it judges the store's.
 */
export function plantEncrypted(key: Uint8Array, text: string): string {
  const parameters = { kind: 'source', id: createHash('sha256').update(key).digest('hex').slice(0, 16) }
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(JSON.stringify(['encrypted-credential', 1, parameters])))
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  const document = { planpass: 'encrypted-credential', v: 1, key: parameters, iv: iv.toString('base64url'), ciphertext }
  return JSON.stringify(document)
}
