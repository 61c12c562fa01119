import { isUtf8 } from 'node:buffer'
import { AuthError, isAuthError } from '../core/index.js'
import type { ChatgptCredential, Credential } from '../core/index.js'
import { readOwnFile } from './file-owner.js'

/** How a credential becomes the text of a file, and is read back. */
export interface DocumentCodec {
  /** Makes sure that what `encode` needs can be had; see `ChangeContext`. */
  readonly prepare?: () => Promise<unknown>
  readonly encode: (credential: ChatgptCredential) => Promise<string>
  /** `undefined` when the text holds no credential. @throws AuthError `ERR_STORE_CORRUPT` when it cannot be what `encode` wrote */
  readonly decode: (text: string) => Promise<Credential | undefined>
}

/** What is in the file: a credential, nothing, or something that cannot be read. */
export type DocumentContent =
  | { readonly credential: Credential | undefined; readonly size: number }
  | { readonly damage: AuthError; readonly bytes: Buffer }

/** @throws AuthError `ERR_STORE_READ`, `ERR_STORE_UNSAFE`, and what `decode` throws apart from `ERR_STORE_CORRUPT` */
export async function readDocument(path: string, codec: DocumentCodec): Promise<DocumentContent> {
  const bytes = await readOwnFile(path)
  if (bytes === undefined || bytes.equals(nothingStoredBytes)) return { credential: undefined, size: 0 }
  try {
    return { credential: await codec.decode(toText(bytes)), size: bytes.length }
  } catch (error) {
    if (isAuthError(error) && error.code === 'ERR_STORE_CORRUPT') return { damage: error, bytes }
    throw error
  }
}

/** What stands in a file that cannot be removed, once its credential is. */
export const nothingStored = '{}'

const nothingStoredBytes = Buffer.from(nothingStored)

function toText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new AuthError('ERR_STORE_CORRUPT', 'The stored credential cannot be read: it is not UTF-8.')
  return bytes.toString('utf8')
}

/**
 * The credential; of a damaged file, an error that names a copy of it.
 *
 * @param isReplaceable The damage is about to be written over: nothing is stored then, but only if its bytes are kept.
 */
export async function requireWhole(
  content: DocumentContent,
  path: string,
  isReplaceable = false,
): Promise<Credential | undefined> {
  if (!('damage' in content)) return content.credential
  const { damage, bytes } = content
  const { quarantine } = await import('./quarantine.js')
  const copy = await quarantine(path, bytes)
  if (isReplaceable && copy !== undefined) return undefined
  const kept = copy === undefined ? 'It was left as it is.' : `It was left as it is and copied to ${copy}.`
  throw new AuthError(damage.code, `${path}: ${damage.summary} ${kept}`)
}
