import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, readdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  AuthError,
  createMemoryStore,
  createSession,
  fingerprint,
  Secret,
  systemClock,
  type Change,
  type ChatgptCredential,
  type CredentialStore,
} from '../../src/core/index.js'
import { createCodexStore, type CodexStoreOptions } from '../../src/stores/codex.js'
import { openCodexLocks } from '../../src/stores/codex-locks.js'
import { toSharedText } from '../../src/stores/codex-merge.js'
import { loadFlock } from '../../src/stores/flock.js'
import { readJournal } from '../../src/stores/file.js'
import { createJournal } from '../../src/stores/journal.js'
import { createFakeClock, credentialStoreConformance } from '../../src/testing/index.js'
import { authText, startMs, withTokens } from '../support/auth-document.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { accessToken, idToken } from '../support/jwt.js'
import { authTextFrom, parseChatgpt, signedIn } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A folder of the CLI's with this text in `auth.json`, and the store over it. */
async function shared(text?: string, options: Partial<CodexStoreOptions> = {}) {
  const codexHome = join(await temporaryFolder(), '.codex')
  await mkdir(codexHome)
  const path = join(codexHome, 'auth.json')
  const write = (next: string) => writeFile(path, next, { mode: 0o600 })
  if (text !== undefined) await write(text)
  const store = createCodexStore({ codexHome, mode: 'file', yieldMs: 0, ...options })
  return { codexHome, path, store, write, text: () => readFile(path, 'utf8') }
}

/** A whole document that another program has stored at `lastRefresh`, with tokens named after `mark`. */
function stored(mark: string, lastRefresh: string, accountId?: string): string {
  const tokens = {
    id_token: idToken(),
    access_token: accessToken(startMs),
    refresh_token: mark,
    ...(accountId !== undefined && { account_id: accountId }),
  }
  return authText({ ...withTokens(tokens), last_refresh: lastRefresh, stored_by: mark })
}

const base = stored('base', '2026-01-01T00:00:00Z')
const later = '2026-01-01T01:00:00Z'
const earlier = '2025-12-31T23:00:00Z'
const intent = { tokenFingerprint: '0123456789abcdef', reason: 'forced', atMs: startMs }

/** What a refresh makes of it. */
function rotated(credential: ChatgptCredential): ChatgptCredential {
  return { ...credential, refreshToken: new Secret('rotated'), lastRefreshMs: startMs + 1000 }
}

/** Spends the token that is stored; `meanwhile` happens between the answer and the write. */
async function rotate(lab: Awaited<ReturnType<typeof shared>>, meanwhile: () => Promise<unknown>): Promise<void> {
  await lab.store.update(async (current, context): Promise<Change<void>> => {
    if (current?.mode !== 'chatgpt') throw new Error('The test needs a ChatGPT credential.')
    await context.announce(intent)
    await meanwhile()
    return { write: rotated(current), result: undefined }
  })
}

async function tokenIn({ store }: Awaited<ReturnType<typeof shared>>): Promise<string | undefined> {
  const credential = await store.read()
  return credential?.mode === 'chatgpt' ? credential.refreshToken?.reveal() : credential?.mode
}

describe('the codex store', () => {
  it.each(credentialStoreConformance)('$name', ({ run }) =>
    expect(
      run(async () => {
        const { store, codexHome, write } = await shared()
        const reopen = async () => createCodexStore({ codexHome, mode: 'file', yieldMs: 0 })
        return { store, reopen, plant: write, dispose: async () => {} }
      }),
    ).resolves.toBeUndefined(),
  )

  it('leaves what the Codex CLI leaves: its file 0600, its two locks, and nothing temporary', async () => {
    const lab = await shared(base)
    await rotate(lab, async () => {})
    expect((await stat(lab.path)).mode & 0o777).toBe(0o600)
    expect((await readdir(lab.codexHome)).toSorted()).toEqual([
      'auth.json',
      'auth.json.lock',
      'auth.json.planpass-lock',
      'auth.lock',
    ])
  })

  it('puts in place what a planpass that was killed could not', async () => {
    const lab = await shared(base)
    const spent = { tokenFingerprint: await fingerprint(new Secret('base')), reason: 'forced', atMs: startMs }
    await createJournal(lab.path).open(spent)
    const successor = toSharedText(rotated(parseChatgpt(base)), base)
    await writeFile(join(lab.codexHome, `.auth.json-${randomUUID()}`), successor, { mode: 0o600 })
    await lab.store.update(async () => ({ keep: true, result: undefined }))
    expect(await lab.text()).toBe(successor)
    expect(await readdir(lab.codexHome)).toHaveLength(4)
  })

  it('replaces tokens and time, and keeps every other byte as it was', async () => {
    const odd = base
      .replace('"OPENAI_API_KEY": null', '"OPENAI_API_KEY" :null,"n":[1.0,1e3, 12345678901234567890]')
      .replace('"stored_by": "base"', '"stored_by": "\\u0062ase"')
    const lab = await shared(`${odd}\n`)
    await rotate(lab, async () => {})
    const expected = odd
      .replace('"refresh_token": "base"', '"refresh_token": "rotated"')
      .replace('2026-01-01T00:00:00Z', '2026-01-01T00:00:01.000Z')
    expect(await lab.text()).toBe(`${expected}\n`)
  })
})

describe('what the Codex CLI stored while planpass was refreshing', () => {
  it.each([
    ['a rotation that the server granted too', stored('theirs', later), 'theirs'],
    ['a rotation that does not say when', stored('theirs', later).replace(/,\s*"last_refresh": "[^"]+"/, ''), 'theirs'],
    ['a sign-in to another account', stored('theirs', later, 'account-other'), 'theirs'],
    ['an API key', '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-test"}', 'apikey'],
    ['a sign-out', undefined, undefined],
  ])('has the last word: %s', async (_, theirs, token) => {
    const lab = await shared(base)
    await rotate(lab, () => (theirs === undefined ? unlink(lab.path) : lab.write(theirs)))
    expect(await tokenIn(lab)).toBe(token)
    expect(await readJournal(lab.path)).toEqual([])
  })

  it('loses to the new token when it still holds the one that was spent, and keeps its members', async () => {
    const lab = await shared(base)
    await rotate(lab, () => lab.write(base.replace('"stored_by": "base"', '"stored_by": "somebody", "x": 1.0')))
    expect(await tokenIn(lab)).toBe('rotated')
    expect(await lab.text()).toContain('"stored_by": "somebody", "x": 1.0')
  })

  it('loses to the new token when it is an old copy that was put back', async () => {
    const lab = await shared(base)
    await rotate(lab, () => lab.write(stored('old', earlier)))
    expect(await tokenIn(lab)).toBe('rotated')
  })

  it('is left as it is when it cannot be read, and the failure says so', async () => {
    const lab = await shared(base)
    expect(await caughtCode(rotate(lab, () => lab.write('{"tokens":')))).toBe('ERR_STORE_CORRUPT')
    expect(await lab.text()).toBe('{"tokens":')
  })
})

describe('a sign-in', () => {
  const signIn = (lab: Awaited<ReturnType<typeof shared>>, meanwhile: () => Promise<unknown>) =>
    lab.store.update(async (): Promise<Change<void>> => {
      await meanwhile()
      return { write: rotated(parseChatgpt(base)), result: undefined }
    })

  it.each([
    ['a refresh of the sign-in it replaces', stored('theirs', earlier), 'rotated'],
    ['a sign-out', undefined, 'rotated'],
    ['an API key', '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-test"}', 'rotated'],
    ['a later sign-in', stored('theirs', later), 'theirs'],
  ])('meets %s', async (_, theirs, token) => {
    const lab = await shared(stored('replaced', earlier))
    await signIn(lab, () => (theirs === undefined ? unlink(lab.path) : lab.write(theirs)))
    expect(await tokenIn(lab)).toBe(token)
  })
})

describe('a sign-out', () => {
  it('is made again on what was stored meanwhile', async () => {
    const lab = await shared(base)
    const seen: (string | undefined)[] = []
    await lab.store.update(async (current): Promise<Change<void>> => {
      seen.push(current?.mode === 'chatgpt' ? current.refreshToken?.reveal() : undefined)
      if (seen.length === 1) await lab.write(stored('theirs', later))
      return { remove: true, result: undefined }
    })
    expect(seen).toEqual(['base', 'theirs'])
    expect(await tokenIn(lab)).toBeUndefined()
  })

  it('gives up on a file that never stops changing', async () => {
    const lab = await shared(base)
    let round = 0
    const ended = lab.store.update(async (): Promise<Change<void>> => {
      await lab.write(stored(`round ${++round}`, later))
      return { remove: true, result: undefined }
    })
    expect(await caughtCode(ended)).toBe('ERR_STORE_LOCKED')
    expect(round).toBe(5)
  })
})

describe('a refresh beside a Codex CLI that is refreshing', () => {
  /** A session on the shared file, and an emulator whose tokens both use. */
  async function both(options: Partial<CodexStoreOptions> = {}) {
    const { emulator, provider } = await signedIn({ reuse: 'soft' })
    const lab = await shared(await authTextFrom(emulator), options)
    const session = createSession({ store: lab.store, provider, fetch: emulator.fetch, clock: emulator.clock })
    const before = parseChatgpt(await lab.text())
    /** As the CLI does: spends at once. What it gets is to be stored by the test. */
    const spend = async () => {
      const theirs = createSession({
        store: {
          kind: 'test',
          describe: () => 'test',
          read: async () => before,
          update: async (change) => (await change(before, { announce: async () => {} })).result,
        },
        provider,
        fetch: emulator.fetch,
        clock: emulator.clock,
      })
      return toSharedText(await theirs.refresh(), undefined)
    }
    return { ...lab, emulator, session, spend }
  }

  it('spends nothing when the CLI stores its new token a moment later', async () => {
    const lab = await both({ yieldMs: 2000 })
    const theirs = await lab.spend()
    const refreshing = lab.session.refresh()
    await vi.waitUntil(async () => (await readdir(lab.codexHome)).includes('auth.lock'))
    await lab.write(theirs)
    await refreshing
    expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    expect(await lab.text()).toBe(theirs)
  })

  it('spends nothing while the CLI is at work, as the writes in its folder say', async () => {
    const lab = await shared(base, { yieldMs: 300 })
    const writes: number[] = []
    const working = (async () => {
      while (writes.length < 8) {
        await writeFile(join(lab.codexHome, 'logs.sqlite-wal'), String(writes.length))
        writes.push(performance.now())
        await systemClock.sleep(50)
      }
    })()
    let spentMs = 0
    await rotate(lab, async () => {
      spentMs = performance.now()
    })
    await working
    expect(spentMs - (writes.at(-1) ?? 0)).toBeGreaterThan(250)
  })

  it('spends the token after five seconds even if the CLI never rests', async () => {
    const lab = await shared(base, { clock: createHurryingClock(), yieldMs: Infinity })
    const update = lab.store.update(async (_, context): Promise<Change<string>> => {
      await context.announce(intent)
      return { keep: true, result: 'announced' }
    })
    expect(await update).toBe('announced')
  })

  it('adopts what the CLI stores after the server refused the same token', async () => {
    const lab = await both()
    const theirs = await lab.spend()
    const refreshing = lab.session.refresh()
    await vi.waitUntil(() => lab.emulator.counters.refresh.reused === 1)
    await lab.write(theirs)
    await refreshing
    expect(await lab.text()).toBe(theirs)
  })

  it('says in words what happened when the CLI never stores it', async () => {
    const lab = await both({ clock: createHurryingClock() })
    await lab.spend()
    const error = await caughtAuthError(lab.session.refresh())
    expect(error).toMatchObject({ code: 'ERR_TOKEN_REFRESH_REUSED', remedy: 'sign-in' })
    expect(error.message).toContain(`Another program has used the refresh token in ${lab.path}`)
    expect(error.message).toContain('codex login')
    expect(error.message).toContain('planpass login')
  })
})

describe('a planpass that was killed while it refreshed', () => {
  it('is not mistaken for another program when its token is refused', async () => {
    const { emulator, provider, clock } = await signedIn({ reuse: 'soft' })
    const text = await authTextFrom(emulator)
    const lab = await shared(text, { clock: createHurryingClock() })
    const credential = parseChatgpt(text)
    const session = (store: CredentialStore) => createSession({ store, provider, fetch: emulator.fetch, clock })
    await session(createMemoryStore(credential)).refresh()
    const spent = await fingerprint(credential.refreshToken ?? new Secret(''))
    await createJournal(lab.path).open({ ...intent, tokenFingerprint: spent })
    const error = await caughtAuthError(session(lab.store).refresh())
    expect(error.code).toBe('ERR_TOKEN_REFRESH_REUSED')
    expect(error.message).not.toContain('Another program')
  })
})

describe('the locks of the Codex CLI', () => {
  it.each(['auth.lock', 'auth.json.lock'])('are waited for before anything is written: %s', async (name) => {
    const lab = await shared(base)
    await rotate(lab, async () => {})
    const flock = await loadFlock()
    const holder = await open(join(lab.codexHome, name), 'a')
    expect(flock.tryLock(holder.fd)).toBe(true)
    const before = await lab.text()
    const removing = lab.store.update(async (): Promise<Change<string>> => ({ remove: true, result: 'removed' }))
    const first = await Promise.race([removing, new Promise((resolve) => setTimeout(() => resolve('waiting'), 200))])
    expect(first).toBe('waiting')
    expect(await lab.text()).toBe(before)
    await holder.close()
    expect(await removing).toBe('removed')
  })

  it('are free while a refresh is on the wire', async () => {
    const lab = await shared(base)
    const flock = await loadFlock()
    const holder = await open(join(lab.codexHome, 'auth.lock'), 'a')
    await rotate(lab, async () => {
      expect(flock.tryLock(holder.fd)).toBe(true)
      flock.unlock(holder.fd)
    })
    await holder.close()
    expect(await tokenIn(lab)).toBe('rotated')
  })
})

describe('the locks of the Codex CLI, by the clock', () => {
  async function withHolder(name: string) {
    const folder = await temporaryFolder()
    const clock = createFakeClock()
    const locks = await openCodexLocks(folder, clock)
    const flock = await loadFlock()
    const other = await open(join(folder, name), 'a')
    onTestFinished(async () => {
      await Promise.all([locks.close(), other.close()])
    })
    return { clock, locks, isFree: () => flock.tryLock(other.fd), free: () => flock.unlock(other.fd) }
  }

  it('are given back after four seconds, before the CLI gives up, and the work is told', async () => {
    const { clock, locks, isFree } = await withHolder('auth.lock')
    await locks.hold(async () => {
      await clock.advance(3999)
      locks.assertHeld()
      expect(isFree()).toBe(false)
      await clock.advance(1)
      expect(await caughtCode(() => locks.assertHeld())).toBe('ERR_STORE_LOCK_LOST')
      expect(isFree()).toBe(true)
    })
  })

  it.each(['auth.lock', 'auth.json.lock'])('are waited for ten seconds: %s', async (name) => {
    const { clock, locks, isFree, free } = await withHolder(name)
    expect(isFree()).toBe(true)
    const refused = caughtCode(locks.hold(async () => {}))
    await clock.advance(10_000)
    expect(await refused).toBe('ERR_STORE_LOCKED')
    free()
    expect(await locks.hold(async () => 'held')).toBe('held')
    expect(clock.sleeping).toBe(0)
  })
})

describe('what is missing', () => {
  it('is said before anything is spent: koffi', async () => {
    vi.doMock('koffi', () => {
      throw new Error('not installed')
    })
    try {
      const { store } = await shared(base)
      const error = await caughtAuthError(
        store.update(async () => {
          throw new Error('The change must not run.')
        }),
      )
      expect(error.code).toBe('ERR_CONFIG_MISSING_PACKAGE')
      expect(error.message).toContain('npm install koffi')
    } finally {
      vi.doUnmock('koffi')
    }
  })

  it('is said before anything is spent: flock(2) on Windows', async () => {
    const platform = vi.spyOn(process, 'platform', 'get').mockReturnValue('win32')
    try {
      const error = await caughtAuthError(loadFlock())
      expect(error).toBeInstanceOf(AuthError)
      expect(error.code).toBe('ERR_CONFIG_USAGE')
      expect(error.message).toContain('Windows')
    } finally {
      platform.mockRestore()
    }
  })
})
