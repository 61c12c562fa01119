import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AuthError } from '../core/index.js'
import { isMissing, systemCode } from './file-errors.js'

/**
 * The bytes of a file that is ours or root's, readable by nobody else afterwards; `undefined` when it is not there.
 *
 * @throws AuthError `ERR_STORE_UNSAFE` when it belongs to somebody else, `ERR_STORE_READ` for everything but "not there", so that a permission
 *   problem is never taken for a sign-out
 */
export async function readOwnFile(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      await claim(path, file)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw await readFailure(path, error)
  }
}

/** Where users have numbers, root's excepted: root works on anybody's files. */
function ownNumber(): number | undefined {
  const userId = process.getuid?.()
  return userId === 0 ? undefined : userId
}

/** Somebody else's credential is not ours to use or to replace; one that the whole machine can read is made private. */
async function claim(path: string, file: FileHandle): Promise<void> {
  const { uid, mode } = await file.stat()
  requireOwn(path, uid)
  const isExposed = (mode & 0o077) !== 0 && uid === process.getuid?.()
  // On a read-only mount it stays as it is.
  if (isExposed) await file.chmod(0o600).catch(() => undefined)
}

function requireOwn(path: string, ownerId: number): void {
  const userId = ownNumber()
  if (userId === undefined || ownerId === userId || ownerId === 0) return
  throw new AuthError('ERR_STORE_UNSAFE', `${path} belongs to user ${ownerId}, and this is user ${userId}.`)
}

async function readFailure(path: string, error: unknown): Promise<unknown> {
  if (error instanceof AuthError) return error
  const code = systemCode(error) ?? 'unknown'
  if (code === 'EACCES') {
    const owner = await stat(path).catch(() => undefined)
    try {
      if (owner) requireOwn(path, owner.uid)
    } catch (unsafe) {
      return unsafe
    }
  }
  return new AuthError('ERR_STORE_READ', `${path} cannot be read (${code}).`, { cause: error })
}

/**
 * Root, in a container or under sudo, gives what it creates to the owner of `path`, or of its folder while there is nothing at `path`: otherwise
 * the next one without root could neither read the credential nor take its lock.
 */
export async function giveToOwnerOf(path: string, file: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return
  const owner = await stat(path).catch(() => stat(dirname(path)))
  const { uid, gid } = await file.stat()
  if (owner.uid === uid && owner.gid === gid) return
  // Some file systems know one owner only.
  await file.chown(owner.uid, owner.gid).catch(() => undefined)
}
