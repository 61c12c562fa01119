import { readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fingerprint, isSameAccount } from '../core/index.js'
import type { ChatgptCredential } from '../core/index.js'
import { syncFolder } from './atomic-write.js'
import { ignoreMissing } from './file-errors.js'
import { createJournal, readJournal } from './journal.js'
import { readDocument, type DocumentCodec } from './read-document.js'

/**
 * Takes up what updates that died, or lost their lock, left beside the file. To be called under the lock and before the file is read:
 *
 * - what holds the successor of the stored token, which the journal says was about to be spent, is put in place: the dead one's last step;
 * - everything else is removed, and whoever still meant to put it in place cannot any more.
 */
export async function settleOrphans(target: string, codec: DocumentCodec): Promise<void> {
  for (const name of await listOrphans(target)) {
    const orphan = join(dirname(target), name)
    await ((await isSuccessor(orphan, target, codec)) ? putInPlace(orphan, target) : unlink(orphan)).catch(
      ignoreMissing,
    )
  }
}

const randomPart = /-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** The temporary files of `prepareReplacement`, of this file and of what planpass keeps beside it. */
async function listOrphans(target: string): Promise<string[]> {
  const base = basename(target)
  const owners = [base, `${base}.planpass-journal`, `${base}.planpass-pending`]
  const names = await readdir(dirname(target))
  return names.filter((name) => randomPart.test(name) && owners.includes(name.replace(randomPart, '').slice(1)))
}

async function isSuccessor(orphan: string, target: string, codec: DocumentCodec): Promise<boolean> {
  const [next, stored] = [await readChatgpt(orphan, codec), await readChatgpt(target, codec)]
  if (!next?.refreshToken || !stored?.refreshToken || next.refreshToken.equals(stored.refreshToken)) return false
  const spent = await fingerprint(stored.refreshToken)
  const isAnnounced = (await readJournal(target)).some(({ tokenFingerprint }) => tokenFingerprint === spent)
  return isAnnounced && isSameAccount(stored, next)
}

/** What is not there, not whole or not ours is no successor, and has none. */
async function readChatgpt(path: string, codec: DocumentCodec): Promise<ChatgptCredential | undefined> {
  const content = await readDocument(path, codec).catch(() => undefined)
  const credential = content && 'credential' in content ? content.credential : undefined
  return credential && 'accessToken' in credential ? credential : undefined
}

async function putInPlace(orphan: string, target: string): Promise<void> {
  await rename(orphan, target)
  await syncFolder(dirname(target))
  await createJournal(target).clear()
}
