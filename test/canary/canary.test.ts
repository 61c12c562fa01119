import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModels, readUsage, streamResponse } from '../../src/backend/index.js'
import {
  createMemoryStore,
  createSession,
  parseAuthFile,
  Secret,
  type ChatgptCredential,
  type CredentialStore,
  type Session,
} from '../../src/core/index.js'
import { signIn } from '../../src/sign-in/index.js'
import { createFileStore, createFileVerdicts } from '../../src/stores/index.js'
import { createEmulator, createFakeClock, type EndpointName, type Fault } from '../../src/testing/index.js'
import { createMemoryCache } from '../support/cache.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { authTextFrom, parseChatgpt, providerOf, untilExpiredMs } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { toArray } from '../support/to-array.js'
import { createCanary, type Canary } from './canary.js'

const question = { model: 'gpt-5.5', instructions: 'Be brief.', input: [] }

/** Somebody signed in, with the canary on every wire. */
async function world(options: { reuse?: 'strict' | 'soft' } = {}) {
  const canary = createCanary()
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey, ...options })
  const fetch = canary.hear(emulator.fetch)
  const provider = providerOf(emulator)
  const text = await authTextFrom(emulator)
  const credential = parseChatgpt(text)
  canary.learn(...secretsIn(credential))
  const open = (store: CredentialStore = createMemoryStore(credential)) =>
    createSession({ store, provider, clock, fetch, logger: canary.logger })
  return { canary, clock, emulator, fetch, provider, text, credential, open }
}

function secretsIn({ accessToken, idToken, refreshToken, loginOwnerId }: ChatgptCredential) {
  return [accessToken.reveal(), idToken.reveal(), refreshToken?.reveal(), loginOwnerId]
}

/** Runs what may fail, and shows the canary what comes of it. */
async function watch(canary: Canary, what: string, work: Promise<unknown>): Promise<void> {
  canary.show(what, await work.catch((error: unknown) => error))
}

/** What a session can be asked for, by the endpoint it goes to. */
const uses = {
  token: (session: Session) => session.refresh(),
  models: (session: Session) => readModels(session),
  usage: (session: Session) => readUsage(session),
  responses: (session: Session) => toArray(streamResponse(session, question, { clock: createHurryingClock() })),
  revoke: (session: Session) => session.signOut(),
} satisfies Partial<Record<EndpointName, (session: Session) => Promise<unknown>>>

const endpoints = Object.keys(uses) as (keyof typeof uses)[]

/** All of it, and everything a session can be printed as. */
async function useAll(canary: Canary, session: Session): Promise<void> {
  await watch(canary, 'the access token', session.accessToken())
  await watch(canary, 'the credential', session.credential())
  await watch(canary, 'the status', session.status())
  await watch(canary, 'another origin', session.fetch('https://api.openai.com/v1/models'))
  for (const endpoint of endpoints) await watch(canary, endpoint, uses[endpoint](session))
  canary.show('the session', session)
}

/** A server that says back what it was told, in every place where servers say things. */
function echoes(token: string): Omit<Fault, 'endpoint'>[] {
  const statuses = [200, 400, 401, 403, 404, 429, 500]
  const bodies: Pick<Fault, 'body' | 'html'>[] = [
    { body: { error: token } },
    { body: { code: token } },
    { body: { error: { code: token, message: `The token ${token} is bad.`, type: token } } },
    { body: { error: 'invalid_grant', error_description: `Token "${token}" is spent` } },
    { body: { detail: token } },
    { body: `Bearer ${token} was refused` },
    { body: `data: {"type":"error","error":{"message":"${token}"}}\n\n` },
    { body: `data: ${token}\n\n` },
    { html: `<!doctype html><p>${token}</p>` },
  ]
  const headers = { 'x-request-id': token, 'cf-ray': token, 'retry-after': token, etag: token }
  return statuses.flatMap((status) => bodies.map((body) => ({ status, headers, ...body })))
}

describe('the canary', () => {
  it('sings when it is shown a secret, a stretch of one, or one in a hidden place', () => {
    const secret = 'rt_0123456789abcdefghijklmnopqrstuvwxyz'
    const places: [string, unknown][] = [
      ['text', `Bearer ${secret}`],
      ['stretch', secret.slice(0, 20)],
      ['cause', new Error('x', { cause: new Error(secret) })],
      ['member', Object.assign(new Error('x'), { request: { body: secret } })],
      ['hidden', Object.defineProperty({}, 'token', { value: secret })],
    ]
    for (const [what, value] of places) {
      const canary = createCanary()
      canary.learn(secret)
      canary.show(what, value)
      expect(canary.song()).toEqual([what])
    }
  })

  it('is silent at a Secret', () => {
    const canary = createCanary()
    canary.learn('rt_0123456789abcdefghijklmnopqrstuvwxyz')
    canary.show('a secret', { secret: new Secret('rt_0123456789abcdefghijklmnopqrstuvwxyz') })
    expect(canary.song()).toEqual([])
  })
})

describe('no secret is found', () => {
  it('in anything that a working session says or is', async () => {
    const { canary, open, credential } = await world()
    canary.show('the stored credential', credential)
    const cache = createMemoryCache()
    await readModels(open(), { cache })
    await readUsage(open(), { cache })
    canary.show('the cache', [...cache.texts])
    await useAll(canary, open())
    expect(canary.secrets.size).toBeGreaterThan(3)
    expect(canary.song()).toEqual([])
  })

  it('in anything that a device sign-in shows, says or returns', async () => {
    const { canary, clock, emulator, fetch, provider } = await world()
    const store = createMemoryStore()
    const screen = {
      showDeviceCode: (code: { userCode: string }) => {
        canary.show('the device code', code)
        emulator.approve(code.userCode)
      },
    }
    const before = canary.secrets.size
    await watch(canary, 'the sign-in', signIn({ provider, store, screen, clock, fetch }))
    // The handle, the code, the verifier and three tokens.
    expect(canary.secrets.size - before).toBe(6)
    canary.show('the store', store)
    canary.show('what is stored', await store.read())
    expect(canary.song()).toEqual([])
  })

  it.each(['device-user-code', 'device-token', 'token'] as const)(
    'in a sign-in that fails at %s, whatever the server echoes',
    async (endpoint) => {
      const { canary, emulator, clock, fetch, provider, credential } = await world()
      for (const token of [credential.accessToken.reveal(), credential.refreshToken?.reveal() ?? '']) {
        for (const fault of echoes(token).filter(({ status }) => status !== 404 && status !== 429 && status !== 500)) {
          const handle = emulator.faults.add({ endpoint, ...fault, times: 1 })
          const controller = new AbortController()
          const screen = { showDeviceCode: ({ userCode }: { userCode: string }) => void emulator.approve(userCode) }
          const options = { provider, store: createMemoryStore(), screen, clock, fetch, signal: controller.signal }
          const signingIn = watch(canary, `a sign-in that meets ${fault.status}`, signIn(options))
          const isPending = async () => (await Promise.race([signingIn.then(() => 'over'), nextTurn()])) !== 'over'
          while (await isPending()) await clock.advance(60_000)
          handle.remove()
        }
      }
      expect(canary.song()).toEqual([])
    },
  )

  it.each(endpoints)('in what comes of a server that echoes it at %s', async (endpoint) => {
    const { canary, emulator, open, credential } = await world()
    for (const token of [credential.accessToken.reveal(), credential.refreshToken?.reveal() ?? '']) {
      for (const fault of echoes(token)) {
        emulator.faults.clear()
        emulator.faults.add({ endpoint, ...fault })
        await watch(canary, endpoint, uses[endpoint](open()))
      }
    }
    expect(canary.song()).toEqual([])
  })

  it.each<[string, Omit<Fault, 'endpoint'>]>([
    ['drops before', { drop: 'before' }],
    ['drops after', { drop: 'after' }],
    ['stops within the answer', { truncateAfterBytes: 120 }],
    ['redirects', { status: 307, headers: { location: 'https://evil.example/' } }],
  ])('in what comes of a connection that %s', async (_, fault) => {
    for (const endpoint of endpoints) {
      const { canary, emulator, open, clock } = await world({ reuse: 'soft' })
      emulator.faults.add({ endpoint, ...fault })
      await clock.advance(untilExpiredMs)
      await useAll(canary, open())
      expect(canary.song()).toEqual([])
    }
  })

  it('in what comes of a refresh that is reused, expired, revoked, or not stored', async () => {
    for (const spoil of ['reused', 'expired', 'revoked', 'unstored']) {
      const { canary, emulator, open, clock, credential } = await world()
      const store = createFlakyStore(credential)
      if (spoil === 'reused') await open().refresh()
      if (spoil === 'expired') emulator.expireRefreshTokens()
      if (spoil === 'revoked') emulator.revokeSession(emulator.sessions[0]?.id ?? '')
      if (spoil === 'unstored') store.failingWrites = 3
      await clock.advance(untilExpiredMs)
      await useAll(canary, open(store))
      expect(canary.song()).toEqual([])
    }
  })

  it('in what is said of a damaged file, wherever it is damaged', async () => {
    const { canary, text } = await world()
    for (let at = 0; at < text.length; at += 13) {
      const damaged = [text.slice(0, at), text.slice(0, at) + '\u0000' + text.slice(at + 1), text.slice(at)]
      for (const each of damaged) {
        const parsing = (async () => parseAuthFile(each))()
        await watch(canary, `a file that is damaged at ${at}`, parsing)
      }
    }
    expect(canary.song()).toEqual([])
  })

  it('in a token that cannot be sent, nor in a file that cannot be read', async () => {
    const { canary, open, credential, text } = await world()
    const broken = new Secret(`${credential.accessToken.reveal()}\n`.repeat(2))
    await useAll(canary, open(createMemoryStore({ ...credential, accessToken: broken })))
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'auth.json'), text.slice(0, -20))
    await useAll(canary, open(createFileStore(join(folder, 'auth.json'))))
    await mkdir(join(folder, 'folder.json'))
    await useAll(canary, open(createFileStore(join(folder, 'folder.json'))))
    expect(canary.song()).toEqual([])
  })

  it('in the files beside auth.json, nor in any file name', async () => {
    const { canary, emulator, open, clock, text } = await world()
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'auth.json'), text)
    const store = createFileStore(join(folder, 'auth.json'))
    const session = open(store)
    await session.refresh()
    emulator.expireRefreshTokens()
    await clock.advance(untilExpiredMs)
    await watch(canary, 'a refresh', session.refresh())
    await createFileVerdicts(folder).remember('0123456789abcdef', { code: 'ERR_TOKEN_REFRESH_EXPIRED', atMs: 1 })
    for (const name of await readdir(folder, { recursive: true })) {
      canary.show('a file name', name)
      if (name !== 'auth.json') canary.show(name, await readFile(join(folder, name), 'utf8').catch(() => ''))
    }
    canary.show('the store', store)
    canary.show('where it is', store.describe())
    expect(canary.song()).toEqual([])
  })
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 1))
}
