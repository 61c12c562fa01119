import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, parseAuthFile, type ChatgptCredential } from '../core/index.js'
import { isMissing, systemCode } from './file-errors.js'

/** A credential that another program keeps, and refreshes, by itself. */
export interface ForeignFile {
  readonly path: string
  /** For people: whose it is. */
  readonly owner: string
}

/** Where to look for other programs' folders. */
export interface ForeignEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly homeFolder: string
}

const codex = 'the Codex CLI'
const chatgptLocal = 'the program that keeps .chatgpt-local'

/**
 * The credentials of other programs that are there, the likeliest first: `$CHATGPT_LOCAL_HOME/auth.json`, `$CODEX_HOME/auth.json`,
 * `~/.chatgpt-local/auth.json`, `~/.codex/auth.json`. Opens none of them.
 *
 * ```ts
 * const [found] = await findForeignCredentials({ variables: process.env, homeFolder: os.homedir() })
 * ```
 */
export async function findForeignCredentials({
  variables,
  homeFolder,
}: ForeignEnvironment): Promise<readonly ForeignFile[]> {
  const folders = [
    { folder: variables['CHATGPT_LOCAL_HOME'], owner: chatgptLocal },
    { folder: variables['CODEX_HOME'], owner: codex },
    { folder: join(homeFolder, '.chatgpt-local'), owner: chatgptLocal },
    { folder: join(homeFolder, '.codex'), owner: codex },
  ]
  const files = new Map<string, ForeignFile>()
  for (const { folder, owner } of folders) {
    const path = folder && join(folder, 'auth.json')
    if (path && !files.has(path) && (await isFile(path))) files.set(path, { path, owner })
  }
  return [...files.values()]
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ?? false
}

/**
 * What another program's file holds. Nothing of it is changed, its mode included.
 *
 * @throws AuthError `ERR_SIGN_IN_REQUIRED`, `ERR_TOKEN_UNSUPPORTED_MODE`, `ERR_STORE_READ`, `ERR_STORE_CORRUPT`
 */
export async function readForeignFile({ path, owner }: ForeignFile): Promise<ChatgptCredential> {
  const text = await readText(path)
  const credential = text === undefined ? undefined : parseAuthFile(text)
  if (!credential) {
    throw new AuthError('ERR_SIGN_IN_REQUIRED', `Nobody is signed in in ${path}.`, {
      advice: `Sign in with ${owner}, or with \`planpass login\`.`,
    })
  }
  if (credential.mode === 'chatgpt') return credential
  throw new AuthError('ERR_TOKEN_UNSUPPORTED_MODE', `What ${owner} keeps in ${path} has the mode ${credential.mode}.`)
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new AuthError('ERR_STORE_READ', `${path} cannot be read (${systemCode(error) ?? 'unknown'}).`, {
      cause: error,
    })
  }
}
