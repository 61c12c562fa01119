import { execFile } from 'node:child_process'
import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCodexProvider, createSession, fingerprint, isAuthError } from '../../src/core/index.js'
import { createFileStore } from '../../src/stores/file.js'
import { prepareWriting } from '../../src/stores/prepare-writing.js'
import { printTable } from '../processes/print-table.js'
import { readStored, signInTo, startStrictIssuer, type SignedInProfile } from '../processes/signed-in-profile.js'
import { describeOutcome, startWorker } from '../processes/workers.js'
import { caught, caughtCode } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { withMountedFile } from './containers.js'

const run = promisify(execFile)

const [somebody, somebodyElse] = [64_001, 64_002]

/** Mounted on a folder of its own while the test runs. */
async function mounted(...options: readonly string[]): Promise<string> {
  const folder = await temporaryFolder()
  await run('mount', [...options, folder])
  onTestFinished(async () => void (await run('umount', [folder])))
  return folder
}

function openSession({ path, issuer, backendUrl }: SignedInProfile) {
  return createSession({ store: createFileStore(path), provider: createCodexProvider({ issuer, backendUrl }) })
}

/** `refreshed`, or the code of what was thrown. */
async function refresh(profile: SignedInProfile): Promise<string> {
  const session = openSession(profile)
  return session.refresh().then(
    () => 'refreshed',
    (error: unknown) => (isAuthError(error) ? error.code : String(error)),
  )
}

async function isUntouched({ path, tokenFingerprint }: SignedInProfile): Promise<boolean> {
  const { refreshToken } = readStored(await readFile(path, 'utf8'))
  return refreshToken !== undefined && (await fingerprint(refreshToken)) === tokenFingerprint
}

/** The folder of the profile with all that is in it. */
async function give(path: string, uid: number): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder)) await chown(join(folder, name), uid, uid)
  await chown(folder, uid, uid)
}

const ownerOf = async (path: string) => (await stat(path)).uid
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

describe('a disk that fills up', () => {
  const pageBytes = 4096
  const freePages = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

  /** Leaves so many pages free, and not one more. */
  async function fill(folder: string, pages: number): Promise<void> {
    await caught(writeFile(join(folder, 'ballast'), Buffer.alloc(64 * 1024 * 1024)))
    const { size } = await stat(join(folder, 'ballast'))
    await rm(join(folder, 'ballast'))
    await writeFile(join(folder, 'ballast'), Buffer.alloc(size - pages * pageBytes))
  }

  it('leaves the token unspent, or the new one stored, however much room there is', async () => {
    const issuer = await startStrictIssuer()
    const rows = []
    for (const pages of freePages) {
      const folder = await mounted('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs')
      const profile = await signInTo(issuer, folder)
      const requestsBefore = issuer.emulator.counters.requests.token
      await fill(folder, pages)
      const outcome = await refresh(profile)
      const isSpent = issuer.emulator.counters.requests.token > requestsBefore
      const stored = (await isUntouched(profile)) ? 'old' : 'new'
      await rm(join(folder, 'ballast'))
      const withRoom = await refresh(profile)
      rows.push({ freePages: pages, outcome, oldToken: isSpent ? 'spent' : 'unspent', stored, withRoom })
    }
    printTable('A refresh on a tmpfs that is full but for some pages:', rows)
    const fine = ['ERR_STORE_WRITE unspent old', 'refreshed spent new']
    expect([...new Set(rows.map(({ outcome, oldToken, stored }) => `${outcome} ${oldToken} ${stored}`))]).toEqual(fine)
    expect(new Set(rows.map(({ withRoom }) => withRoom))).toEqual(new Set(['refreshed']))
  })
})

describe('a place that cannot be written', () => {
  it('leaves the token unspent in a read-only folder', async () => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    await give(profile.path, somebody)
    await chmod(dirname(profile.path), 0o500)
    const worker = await startWorker(profile, { uid: somebody })
    expect(describeOutcome(await worker.refresh())).toMatch(/^ERR_STORE_WRITE/)
    expect(issuer.emulator.counters.requests.token).toBe(0)
    await chmod(dirname(profile.path), 0o700)
    expect(describeOutcome(await worker.refresh())).toBe('refreshed')
  })

  it('leaves the token unspent on a read-only volume', async () => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    const folder = await mounted('--bind', '-o', 'ro', dirname(profile.path))
    const session = openSession({ ...profile, path: join(folder, 'auth.json') })
    expect(await caughtCode(session.refresh())).toBe('ERR_STORE_WRITE')
    expect(issuer.emulator.counters.requests.token).toBe(0)
    expect((await session.accessToken()).reveal()).not.toBe('')
  })

  it('refreshes a file of mode 0400 in a folder that can be written', async () => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    await give(profile.path, somebody)
    await chmod(profile.path, 0o400)
    const worker = await startWorker(profile, { uid: somebody })
    expect(describeOutcome(await worker.refresh())).toBe('refreshed')
    expect(await isUntouched(profile)).toBe(false)
    expect(await modeOf(profile.path)).toBe('600')
  })
})

describe('a file of somebody else', () => {
  it.each([
    ['private', 0o600],
    ['open to all', 0o644],
  ])('is refused, though %s', async (_, mode) => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    await give(profile.path, somebody)
    await chown(profile.path, somebodyElse, somebodyElse)
    await chmod(profile.path, mode)
    const worker = await startWorker(profile, { uid: somebody })
    expect(describeOutcome(await worker.refresh())).toBe('ERR_STORE_UNSAFE')
    expect(issuer.emulator.counters.requests.token).toBe(0)
    expect(await ownerOf(profile.path)).toBe(somebodyElse)
  })

  it('stays theirs when root refreshes it, so that they can do so the next time', async () => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    await give(profile.path, somebody)
    await rm(`${profile.path}.planpass-lock`)
    await openSession(profile).refresh()
    expect(await ownerOf(profile.path)).toBe(somebody)
    const worker = await startWorker(profile, { uid: somebody })
    expect(describeOutcome(await worker.refresh())).toBe('refreshed')
    expect(issuer.emulator.counters.refresh).toMatchObject({ ok: 2, reused: 0 })
  })
})

describe('a file that is mounted by itself', () => {
  it('is written in place, and emptied on a sign-out', async () => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    const folder = await temporaryFolder()
    const path = join(folder, 'auth.json')
    await writeFile(path, '')
    await run('mount', ['--bind', profile.path, path])
    onTestFinished(async () => void (await run('umount', [path])))
    const { ino } = await stat(profile.path)
    const session = openSession({ ...profile, path })
    await session.refresh()
    expect(await isUntouched(profile)).toBe(false)
    expect((await stat(profile.path)).ino).toBe(ino)
    await session.signOut()
    expect(await createFileStore(path).read()).toBeUndefined()
    expect(await readFile(profile.path, 'utf8')).toBe('{}')
  })

  it('is written in place also when only the rename tells that it is mounted', async () => {
    const { path } = await signInTo(await startStrictIssuer())
    const elsewhere = join(await temporaryFolder(), 'auth.json')
    await writeFile(elsewhere, 'old')
    await run('mount', ['--bind', elsewhere, path])
    onTestFinished(async () => void (await run('umount', [path])))
    const writing = await prepareWriting(path, false)
    await writing.commit('new')
    await writing.discard()
    expect(await readFile(elsewhere, 'utf8')).toBe('new')
    expect((await readdir(dirname(path))).toSorted()).toEqual(['auth.json', 'auth.json.planpass-lock'])
  })

  it('leaves the token unspent when it is mounted read-only', async () => {
    const issuer = await startStrictIssuer()
    const profile = await signInTo(issuer)
    const { path, options } = await withMountedFile(profile.path, { isReadOnly: true })
    const worker = await startWorker({ ...profile, path }, options)
    expect(describeOutcome(await worker.refresh())).toMatch(/^ERR_STORE_WRITE/)
    expect(issuer.emulator.counters.requests.token).toBe(0)
  })
})
