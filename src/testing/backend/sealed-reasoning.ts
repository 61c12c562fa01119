import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** The same in every emulator, so that a conversation outlives a restart. It protects nothing. */
const key = createHash('sha256').update('planpass emulator: reasoning').digest()
const prefix = 'gAAAAA'
const ivLength = 12
const tagLength = 16

/** What a model thought, as only the account it thought for may hand it back. */
export function sealReasoning(thought: string, accountId: string): string {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(accountId))
  const sealed = Buffer.concat([cipher.update(thought, 'utf8'), cipher.final()])
  return prefix + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** The thought; `undefined` when the blob was altered or belongs to another account. */
export function openReasoning(blob: string, accountId: string): string | undefined {
  if (!blob.startsWith(prefix)) return undefined
  const bytes = Buffer.from(blob.slice(prefix.length), 'base64url')
  if (bytes.length < ivLength + tagLength || prefix + bytes.toString('base64url') !== blob) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
  decipher.setAAD(Buffer.from(accountId)).setAuthTag(bytes.subarray(ivLength, ivLength + tagLength))
  try {
    return decipher.update(bytes.subarray(ivLength + tagLength), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}
