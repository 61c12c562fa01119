import { readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ChangeContext, ChatgptCredential, CredentialStore } from '../../src/core/index.js'
import { createFileStore, type FileStoreOptions } from '../../src/stores/file.js'
import { authText, withTokens } from '../support/auth-document.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { holdStore } from '../support/held-store.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const named = (name: string) => parseChatgpt(authText(withTokens({ refresh_token: name })))
const keep = async () => ({ keep: true, result: undefined }) as const
const write = (store: CredentialStore, name: string) =>
  store.update(async () => ({ write: named(name), result: undefined }))
const storedToken = async (store: CredentialStore) =>
  ((await store.read()) as ChatgptCredential | undefined)?.refreshToken?.reveal()

const announce = (context: ChangeContext) =>
  context.announce({ tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: Date.UTC(2026, 0, 1) })

async function sharedFile() {
  const path = join(await temporaryFolder(), 'auth.json')
  await writeFile(path, authText(), { mode: 0o600 })
  return { path, open: (options: FileStoreOptions = {}) => createFileStore(path, options) }
}

const namesBeside = async (path: string, part: string) =>
  (await readdir(dirname(path))).filter((name) => name.includes(part)).toSorted()

describe.each(['kernel', 'lease'] as const)('the lock of a file, by %s', (lock) => {
  it('lets one store in at a time', async () => {
    const { open } = await sharedFile()
    const first = await holdStore(open({ lock }))
    const order: string[] = []
    const second = open({ lock }).update(async (current) => {
      order.push('second begins')
      return { keep: true, result: (current as ChatgptCredential).refreshToken?.reveal() }
    })
    await first.write(named('from the first'), async () => void order.push('first ends'))
    expect(await second).toBe('from the first')
    expect(order).toEqual(['first ends', 'second begins'])
  })

  it('is waited for so long, and then named', async () => {
    const { path, open } = await sharedFile()
    const first = await holdStore(open({ lock, leaseMs: 1_000_000 }))
    const clock = createHurryingClock()
    const waiting = open({ lock, leaseMs: 1_000_000, lockWaitMs: 120_000, clock }).update(keep)
    const error = await caughtAuthError(waiting)
    expect(error).toMatchObject({ code: 'ERR_STORE_LOCKED', remedy: 'wait', retryable: true })
    expect(error.message).toContain(`the lock of ${path} for 120 seconds`)
    await first.write(named('first'))
  })

  it('is given up when the signal aborts, with its reason, and taken by the next one', async () => {
    const { open } = await sharedFile()
    const first = await holdStore(open({ lock }))
    const aborting = new AbortController()
    const waiting = caught(open({ lock }).update(keep, { signal: aborting.signal }))
    aborting.abort(new Error('enough'))
    expect(await waiting).toMatchObject({ message: 'enough' })
    await first.write(named('first'))
    await write(open({ lock }), 'next')
  })

  it('is one for all names of the file', async () => {
    const { path, open } = await sharedFile()
    const link = join(await temporaryFolder(), 'link.json')
    await symlink(path, link)
    const first = await holdStore(open({ lock }))
    const clock = createHurryingClock()
    const byLink = createFileStore(link, { lock, clock, lockWaitMs: 1000, leaseMs: 1_000_000 })
    expect(await caughtCode(byLink.update(keep))).toBe('ERR_STORE_LOCKED')
    await first.write(named('first'))
  })

  it('does not keep readers waiting', async () => {
    const { open } = await sharedFile()
    const first = await holdStore(open({ lock }))
    expect(await storedToken(open({ lock }))).toBe('refresh-token-of-ada')
    await first.write(named('first'))
  })

  it('is let go when the change fails', async () => {
    const { open } = await sharedFile()
    const failing = open({ lock }).update(async () => {
      throw new Error('no')
    })
    await caught(failing)
    await write(open({ lock }), 'next')
    expect(await storedToken(open())).toBe('next')
  })

  it('is private, for whoever can open its file can hold it', async () => {
    const { path, open } = await sharedFile()
    await write(open({ lock }), 'next')
    const names = await namesBeside(path, 'planpass-')
    expect(names).not.toEqual([])
    for (const name of names) expect((await stat(join(dirname(path), name))).mode & 0o777).toBe(0o600)
  })
})

describe('a lock that is gone', () => {
  it('because somebody removed the lock file, stops a refresh before its token is spent', async () => {
    const { path, open } = await sharedFile()
    const first = await holdStore(open({ lock: 'kernel' }))
    await rm(`${path}.planpass-lock`)
    expect(await caughtCode(first.write(named('first'), announce))).toBe('ERR_STORE_LOCK_LOST')
    expect(await storedToken(open())).toBe('refresh-token-of-ada')
  })

  it('is found out before anything is written, too', async () => {
    const { path, open } = await sharedFile()
    const first = await holdStore(open({ lock: 'kernel' }))
    await rename(`${path}.planpass-lock`, `${path}.away`)
    await write(open({ lock: 'kernel' }), 'second')
    expect(await caughtCode(first.write(named('first')))).toBe('ERR_STORE_LOCK_LOST')
    expect(await storedToken(open())).toBe('second')
    expect(await namesBeside(path, '.auth.json')).toEqual([])
  })
})

describe('a lease', () => {
  /** One that nobody keeps alive, as a process that died leaves it. */
  async function deadLease() {
    const file = await sharedFile()
    await writeFile(`${file.path}.planpass-lease.7`, 'host boot pid:[1] 4711 x 3\n')
    return file
  }

  it('of a process that died is taken over when it was silent for the whole lease, by the watch of the waiter', async () => {
    const { path, open } = await deadLease()
    const waiter = (lockWaitMs: number) =>
      open({ lock: 'lease', leaseMs: 20_000, lockWaitMs, clock: createHurryingClock() })
    expect(await caughtCode(write(waiter(19_000), 'too early'))).toBe('ERR_STORE_LOCKED')
    await write(waiter(21_000), 'next')
    expect(await storedToken(open())).toBe('next')
    expect(await namesBeside(path, 'lease')).toEqual(['auth.json.planpass-lease.7', 'auth.json.planpass-lease.8'])
  })

  it('that shows a sign of life is left alone, however long', async () => {
    const { path, open } = await deadLease()
    const clock = createHurryingClock()
    let beats = 3
    const beating = {
      now: () => clock.now(),
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        beats += 1
        await writeFile(`${path}.planpass-lease.7`, `host boot pid:[1] 4711 x ${beats}\n`)
        return clock.sleep(milliseconds, signal)
      },
    }
    const waiting = open({ lock: 'lease', leaseMs: 1000, lockWaitMs: 60_000, clock: beating }).update(keep)
    expect(await caughtCode(waiting)).toBe('ERR_STORE_LOCKED')
  })

  it('grows its number with each holder, and few of them stay', async () => {
    const { path, open } = await sharedFile()
    for (let round = 0; round < 12; round += 1) await write(open({ lock: 'lease' }), `round-${round}`)
    expect(await namesBeside(path, 'lease')).toEqual(['auth.json.planpass-lease.11', 'auth.json.planpass-lease.12'])
    expect(await readFile(`${path}.planpass-lease.12`, 'utf8')).toBe('released\n')
  })

  it('that was taken over writes nothing any more', async () => {
    const { path, open } = await sharedFile()
    const first = await holdStore(open({ lock: 'lease' }))
    await writeFile(`${path}.planpass-lease.2`, 'released\n')
    await write(open({ lock: 'lease' }), 'second')
    expect(await caughtCode(first.write(named('first')))).toBe('ERR_STORE_LOCK_LOST')
    expect(await storedToken(open())).toBe('second')
  })

  it('keeps out whoever has the lock of the kernel, once there has been one', async () => {
    const { open } = await sharedFile()
    const first = await holdStore(open({ lock: 'lease' }))
    const clock = createHurryingClock()
    const auto = { lockWaitMs: 1000, leaseMs: 1_000_000, clock }
    expect(await caughtCode(open(auto).update(keep))).toBe('ERR_STORE_LOCKED')
    await first.write(named('first'))
    const second = await holdStore(open())
    expect(await caughtCode(open({ ...auto, lock: 'lease' }).update(keep))).toBe('ERR_STORE_LOCKED')
    await second.write(named('second'))
    expect(await storedToken(open())).toBe('second')
  })
})
