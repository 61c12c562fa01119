import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AuthError, fingerprint, Secret } from '../../src/core/index.js'
import { createFileStore, readJournal } from '../../src/stores/file.js'
import { authText, withTokens } from '../support/auth-document.js'
import { caught } from '../support/caught.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const stored = authText()
const token = new Secret('refresh-token-of-ada')
const successor = authText(withTokens({ refresh_token: 'the successor' }))

/** A profile whose token somebody meant to spend, when `isAnnounced`, and the temporary file that was left beside it. */
async function profileWithOrphan(orphan: string, { isAnnounced = true } = {}) {
  const folder = await temporaryFolder()
  const path = join(folder, 'auth.json')
  await writeFile(path, stored, { mode: 0o600 })
  const store = createFileStore(path)
  if (isAnnounced) await announceAndDie()
  await writeFile(join(folder, `.auth.json-${randomUUID()}`), orphan, { mode: 0o600 })
  async function announceAndDie(): Promise<void> {
    const dying = store.update(async (_, context) => {
      await context.announce({ tokenFingerprint: await fingerprint(token), reason: 'forced', atMs: 0 })
      throw new AuthError('ERR_NETWORK_TIMEOUT', 'It never came.')
    })
    await caught(dying)
  }

  return { folder, path, store }
}

const keep = async () => ({ keep: true, result: undefined }) as const
const namesIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => !name.endsWith('.planpass-lock')).toSorted()

describe('a temporary file that an update left behind', () => {
  it('is put in place by the next one when it holds the successor of a token that was about to be spent', async () => {
    const { folder, path, store } = await profileWithOrphan(successor)
    await store.update(async (current) => {
      expect(current).toMatchObject({ refreshToken: parseChatgpt(successor).refreshToken })
      return { keep: true, result: undefined }
    })
    expect(await readFile(path, 'utf8')).toBe(successor)
    expect(await readJournal(path)).toEqual([])
    expect(await namesIn(folder)).toEqual(['auth.json'])
  })

  it.each([
    ['is cut off', successor.slice(0, -10)],
    ['is empty', ''],
    ['holds the room that was taken for it', ' '.repeat(100)],
    ['holds the same token', stored],
    ['is of somebody else', authText(withTokens({ refresh_token: 'x', account_id: 'another' }))],
  ])('is removed when it %s', async (_, text) => {
    const { folder, path, store } = await profileWithOrphan(text)
    await store.update(keep)
    expect(await readFile(path, 'utf8')).toBe(stored)
    expect(await namesIn(folder)).toEqual(['auth.json', 'auth.json.planpass-journal'])
  })

  it('is removed when nobody was about to spend a token', async () => {
    const { folder, path, store } = await profileWithOrphan(successor, { isAnnounced: false })
    await store.update(keep)
    expect(await readFile(path, 'utf8')).toBe(stored)
    expect(await namesIn(folder)).toEqual(['auth.json'])
  })

  it('stays when it is of another file of the folder', async () => {
    const { folder, store } = await profileWithOrphan(successor, { isAnnounced: false })
    const others = [`.auth.json2-${randomUUID()}`, '.auth.json-notes', `auth.json-${randomUUID()}`]
    for (const name of others) await writeFile(join(folder, name), successor)
    await store.update(keep)
    expect(await namesIn(folder)).toEqual(['auth.json', ...others].toSorted())
  })
})
