/**
 * A credential in a file of the Codex CLI's format, so that the folder around it also serves as a `CODEX_HOME`.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { readFile, unlink } from 'node:fs/promises'
import { AuthError, createTurns, isAuthError, parseAuthFile, serializeAuthFile } from '../core/index.js'
import type {
  Change,
  ChangeContext,
  ChatgptCredential,
  Credential,
  CredentialStore,
  UpdateOptions,
} from '../core/index.js'
import { prepareReplacement, type Replacement } from './atomic-write.js'
import { isMissing, systemCode } from './file-errors.js'
import { quarantine } from './quarantine.js'

export { createFileCache, type FileCache } from './file-cache.js'
export { createFileVerdicts } from './file-verdicts.js'

/** How a credential becomes the text of a file, and is read back. */
export interface DocumentCodec {
  encode(credential: ChatgptCredential): Promise<string>
  /** `undefined` when the text holds no credential. @throws AuthError `ERR_STORE_CORRUPT` when it cannot be what `encode` wrote */
  decode(text: string): Promise<Credential | undefined>
}

const authFileCodec: DocumentCodec = {
  encode: async (credential) => serializeAuthFile(credential),
  decode: async (text) => parseAuthFile(text),
}

/**
 * A store over one `auth.json`, created 0600 with its folder when something is first stored. Updates of this store take their turns and replace
 * the file atomically; that the folder is writable is proven before `change` runs, and so before a token is spent.
 *
 * `read` and `update` throw AuthError `ERR_STORE_READ`, `ERR_STORE_CORRUPT` (naming a copy of the damaged file), `ERR_STORE_WRITE`.
 *
 * @param path Of the file; a symbolic link is followed.
 */
export function createFileStore(path: string): CredentialStore {
  return { kind: 'file', ...createDocumentFile(path, authFileCodec) }
}

/** What every store over one file shares, whatever its text looks like. */
export function createDocumentFile(path: string, codec: DocumentCodec): Omit<CredentialStore, 'kind'> {
  const takeTurn = createTurns()

  async function apply<Result>(decided: Change<Result>, replacement: Replacement): Promise<Result> {
    if ('write' in decided) await replacement.commit(await codec.encode(decided.write))
    if ('remove' in decided) await unlink(path)
    return decided.result
  }

  async function update<Result>(
    change: (current: Credential | undefined, context: ChangeContext) => Promise<Change<Result>>,
    options: UpdateOptions = {},
  ): Promise<Result> {
    options.signal?.throwIfAborted()
    const current = await readCredential(path, codec, options)
    const replacement = await prepareReplacement(path).catch((error: unknown) => {
      throw writeFailure(path, error)
    })
    try {
      const decided = await change(current, { announce: async () => {} })
      return await apply(decided, replacement).catch((error: unknown) => {
        throw writeFailure(path, error)
      })
    } finally {
      await replacement.discard()
    }
  }

  return {
    describe: () => path,
    read: () => readCredential(path, codec),
    update: (change, options) => takeTurn(() => update(change, options)),
  }
}

/** What a file holds; of a damaged one, what is wrong, and where its bytes have been copied to. */
type Contents =
  | { readonly credential: Credential | undefined }
  | { readonly damage: AuthError; readonly copy: string | undefined }

/** Damage is replaced when the caller says so, and then only if its bytes are kept. */
async function readCredential(
  path: string,
  codec: DocumentCodec,
  options: UpdateOptions = {},
): Promise<Credential | undefined> {
  const contents = await readContents(path, codec)
  if ('credential' in contents) return contents.credential
  if (options.replaceCorrupt && contents.copy !== undefined) return undefined
  throw contents.damage
}

async function readContents(path: string, codec: DocumentCodec): Promise<Contents> {
  const bytes = await readBytes(path)
  if (bytes === undefined) return { credential: undefined }
  try {
    return { credential: await codec.decode(toText(bytes)) }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    const copy = await quarantine(path, bytes)
    const kept = copy === undefined ? 'It was left as it is.' : `It was left as it is and copied to ${copy}.`
    return { damage: new AuthError(error.code, `${path}: ${error.summary} ${kept}`), copy }
  }
}

function toText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new AuthError('ERR_STORE_CORRUPT', 'The stored credential cannot be read: it is not UTF-8.')
  return bytes.toString('utf8')
}

function isCorrupt(error: unknown): error is AuthError {
  return isAuthError(error) && error.code === 'ERR_STORE_CORRUPT'
}

/** "Not there" is no failure; everything else is, so that a permission problem is never taken for a sign-out. */
async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  }
}

function writeFailure(path: string, error: unknown): AuthError {
  if (isAuthError(error)) return error
  return new AuthError('ERR_STORE_WRITE', `${path} cannot be written (${systemCode(error) ?? 'unknown'}).`, {
    cause: error,
  })
}
