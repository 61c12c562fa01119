import { createHash } from 'node:crypto'
import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuthError, isSameAccount, parseJsonObject } from '../core/index.js'
import type { Change, ChatgptCredential, Credential, CredentialStore } from '../core/index.js'
import { syncFolder } from './atomic-write.js'
import { editJson } from './edit-json.js'
import { systemCode, toWriteFailure } from './file-errors.js'
import { followLinks } from './follow-links.js'
import { readForeignFile, type ForeignFile } from './foreign-file.js'
import { withLockedFile } from './locked-file.js'

/** What a move did, in words and for programs. */
export interface MovedCredential {
  /** To be shown to the person: that the other program is signed out now, and what to do about it. */
  readonly notice: string
  /** Where the rest of the file is kept, when it held more than the sign-in. */
  readonly rest?: string
}

/**
 * Moves another program's sign-in into `to`, once. Afterwards that program is signed out, as it would be after its own sign-out, but nothing is
 * revoked: a refresh token in two places is one that two programs spend. What else its file held is kept beside it.
 *
 * A move that was cut off goes on where it was when it is asked for again.
 *
 * @throws AuthError `ERR_CONFIG_USAGE` when `to` holds a sign-in already, `ERR_TOKEN_NOT_REFRESHABLE` when there is nothing to keep alive, what
 *   `borrowCredential` throws, and what `to` throws; the file is as it was then
 */
export async function moveCredential(from: ForeignFile, to: CredentialStore): Promise<MovedCredential> {
  const target = await followLinks(from.path)
  const taken = `${target}.planpass-moving`
  const isResumed = !(await isThere(target)) && (await isThere(taken))
  if (!isResumed) requireMovable(await readForeignFile(from), from)
  const rest = await withLockedFile(target, {}, undefined, async () => {
    try {
      if (!isResumed) await take(target, taken)
      await to.update((current) => decide(current, { ...from, path: taken }, to, isResumed))
    } catch (error) {
      if (!isResumed) await putBack(target, taken)
      throw toWriteFailure(target, error)
    }
    return settle(target, taken).catch((error: unknown) => {
      throw toWriteFailure(taken, error)
    })
  })
  return { notice: noticeOf(from, to, rest), ...(rest !== undefined && { rest }) }
}

async function decide(
  current: Credential | undefined,
  taken: ForeignFile,
  to: CredentialStore,
  isResumed: boolean,
): Promise<Change<void>> {
  const { document: _document, ...credential } = requireMovable(await readForeignFile(taken), taken)
  // It came as far as this the last time, and may have been refreshed since.
  const isDone = isResumed && current?.mode === 'chatgpt' && isSameAccount(current, credential)
  if (isDone) return { keep: true, result: undefined }
  if (current) {
    throw new AuthError('ERR_CONFIG_USAGE', `${to.describe()} already holds a sign-in.`, {
      advice: 'Sign out there first, or choose another place.',
    })
  }
  return { write: credential, result: undefined }
}

function requireMovable(credential: ChatgptCredential, { path }: ForeignFile): ChatgptCredential {
  if (credential.refreshToken) return credential
  throw new AuthError('ERR_TOKEN_NOT_REFRESHABLE', `The sign-in in ${path} has no refresh token to move.`)
}

/** One step, after which nobody else can read it; what is moved is what was there in that instant. */
async function take(target: string, taken: string): Promise<void> {
  if (await isThere(taken)) {
    throw new AuthError('ERR_STORE_WRITE', `An earlier move was cut off and left ${taken}.`, {
      advice: 'Look at it, and remove it when it is of no use.',
    })
  }
  await rename(target, taken)
}

/** Nothing is written over: whoever has signed in meanwhile stays so. */
async function putBack(target: string, taken: string): Promise<void> {
  try {
    await link(taken, target)
    await unlink(taken)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) throw error
  }
}

/** @returns where the rest is kept, if there is any */
async function settle(target: string, taken: string): Promise<string | undefined> {
  const rest = restOf(await readFile(taken, 'utf8'))
  const path = rest === undefined ? undefined : await keep(target, rest)
  await unlink(taken)
  await syncFolder(dirname(target))
  return path
}

/**
 * Members that are not the sign-in's. They do not stay in place: an API key left alone in the file would be used instead of the plan (protocol
 * 4.3).
 */
function restOf(text: string): string | undefined {
  const { tokens: _tokens, last_refresh: _time, auth_mode: _mode, ...rest } = parseJsonObject(text) ?? {}
  const isEmpty = Object.values(rest).every((value) => value === null)
  return isEmpty ? undefined : editJson(text, rest)
}

async function keep(target: string, rest: string): Promise<string> {
  const path = `${target}.rest-${createHash('sha256').update(rest).digest('hex').slice(0, 8)}`
  await writeFile(path, rest, { mode: 0o600, flush: true })
  return path
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function noticeOf({ path, owner }: ForeignFile, to: CredentialStore, rest: string | undefined): string {
  const kept = rest === undefined ? '' : ` What else ${path} held is kept in ${rest}.`
  return `The sign-in of ${owner} now lies in ${to.describe()} alone, and ${owner} is signed out. To use both, sign in with ${owner} again: that is a sign-in of its own, and neither can end the other's.${kept}`
}
