import { describe, expect, it, vi } from 'vitest'
import {
  createMemoryStore,
  isAbortError,
  parseAuthFile,
  serializeAuthFile,
  type ChatgptCredential,
  type Credential,
  type CredentialStore,
  type ErrorCode,
} from '../../src/core/index.js'
import { type DeviceCode } from '../../src/core/oauth.js'
import { signIn } from '../../src/sign-in/index.js'
import { createEmulator, createFakeClock, type EmulatorOptions, type Fault } from '../../src/testing/index.js'
import { authText } from '../support/auth-document.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { credentialFrom, providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'

/** A machine that is busy takes more than a second. */
const patiently = { interval: 1, timeout: 20_000 }

type Shown = Pick<DeviceCode, 'verificationUrl' | 'userCode' | 'expiresAtMs'>

interface Setup extends Omit<EmulatorOptions, 'clock'> {
  readonly stored?: Credential
  readonly store?: CredentialStore
  readonly faults?: readonly Fault[]
}

/** A sign-in on its way, up to the point where the person sees the code. */
function startSignIn({ stored, store = createMemoryStore(stored), faults = [], ...options }: Setup = {}) {
  const clock = createFakeClock()
  const emulator = createEmulator({ clock, signingKey, ...options })
  for (const fault of faults) emulator.faults.add(fault)
  const controller = new AbortController()
  const screen = { showDeviceCode: vi.fn<(code: Shown) => void>() }
  const provider = providerOf(emulator)
  const { signal } = controller
  const signInOptions = { provider, store, screen, clock, fetch: emulator.fetch, signal }
  const signingIn = signIn(signInOptions).then(async () => (await store.read()) as ChatgptCredential)
  const outcome = signingIn.then(
    (credential) => ({ credential }),
    (error: unknown) => ({ error }),
  )
  const shown = async () => {
    await vi.waitUntil(() => screen.showDeviceCode.mock.calls.length > 0, patiently)
    const [code] = screen.showDeviceCode.mock.calls[0] ?? []
    if (!code) throw new Error('No code was shown.')
    return code
  }
  /** Lets time pass poll by poll until the sign-in has ended. */
  const ended = async () => {
    const progress = { isOver: false }
    void outcome.then(() => (progress.isOver = true))
    while (!progress.isOver) {
      await vi.waitUntil(() => progress.isOver || clock.sleeping > 0, patiently)
      await clock.advance(1000)
    }
    return signingIn
  }
  return { clock, emulator, controller, screen, store, signingIn, shown, ended }
}

describe('a device sign-in', () => {
  it.each([403, 404] as const)(
    'waits while the answer is %i, and stores the credential once approved',
    async (status) => {
      const { emulator, shown, ended, store, clock, screen } = startSignIn({ devicePendingStatus: status })
      const code = await shown()
      expect(code).toMatchObject({ verificationUrl: `${emulator.issuer}/codex/device` })
      await clock.advance(13_000)
      emulator.approve(code.userCode)
      const credential = await ended()
      expect(await store.read()).toBe(credential)
      expect(credential).toMatchObject({
        mode: 'chatgpt',
        accountId: 'account-emulated-1',
        provenance: { issuer: emulator.issuer },
        identity: { email: 'ada@example.test' },
      })
      expect(credential.loginOwnerId).toMatch(/^[\w-]{43}$/)
      expect(screen.showDeviceCode).toHaveBeenCalledOnce()
      expect(clock.sleeping).toBe(0)
    },
  )

  it('writes a file that Codex would read', async () => {
    const { emulator, shown, ended } = startSignIn()
    emulator.approve((await shown()).userCode)
    const text = serializeAuthFile(await ended())
    expect(parseAuthFile(text)).toMatchObject({ mode: 'chatgpt', accountId: 'account-emulated-1' })
    expect(Object.keys((JSON.parse(text) as { tokens: object }).tokens)).toEqual([
      'id_token',
      'access_token',
      'refresh_token',
      'oauth_provenance',
      'login_owner_id',
      'account_id',
    ])
  })

  it('polls no faster than the server wants, with a margin', async () => {
    const { emulator, shown, ended, clock } = startSignIn({ deviceIntervalSeconds: 5 })
    const { userCode } = await shown()
    await clock.advance(20_000)
    emulator.approve(userCode)
    await ended()
    const polls = emulator.log.filter(({ endpoint }) => endpoint === 'device-token').map(({ atMs }) => atMs)
    const gaps = polls.slice(1).map((atMs, index) => atMs - (polls[index] ?? 0))
    expect(new Set(gaps)).toEqual(new Set([6000]))
  })

  it.each([
    ['429', { status: 429 }],
    ['slow_down', { status: 400, body: { error: 'slow_down' } }],
  ])('slows down by five seconds when told so by %s', async (_, fault) => {
    const { emulator, shown, ended, clock } = startSignIn({
      faults: [{ endpoint: 'device-token', times: 1, ...fault }],
    })
    const { userCode } = await shown()
    await clock.advance(30_000)
    emulator.approve(userCode)
    await ended()
    const [first = 0, second = 0] = emulator.log
      .filter(({ endpoint }) => endpoint === 'device-token')
      .map(({ atMs }) => atMs)
    expect(second - first).toBe(11_000)
  })

  it.each<[string, Omit<Fault, 'endpoint'>]>([
    ['500', { status: 500 }],
    ['503 with a page', { status: 503, html: '<html></html>' }],
    ['a dropped connection', { drop: 'before' }],
    ['half an answer', { status: 403, body: { error: 'x' }, truncateAfterBytes: 3 }],
  ])('goes on polling after %s', async (_, fault) => {
    const { emulator, shown, ended } = startSignIn({ faults: [{ endpoint: 'device-token', times: 2, ...fault }] })
    emulator.approve((await shown()).userCode)
    expect((await ended()).mode).toBe('chatgpt')
  })

  it('keeps the members of the file it replaces that it does not know', async () => {
    const stored = parseAuthFile(JSON.stringify({ ...(JSON.parse(authText()) as object), note: { mine: true } }))
    if (!stored) throw new Error('The test needs a credential.')
    const { emulator, shown, ended } = startSignIn({ stored })
    emulator.approve((await shown()).userCode)
    expect(JSON.parse(serializeAuthFile(await ended()))).toMatchObject({ note: { mine: true } })
  })

  it('takes the place of another tool’s credential', async () => {
    const { emulator, shown, ended, store } = startSignIn({ stored: { mode: 'apikey' } })
    emulator.approve((await shown()).userCode)
    await ended()
    expect((await store.read())?.mode).toBe('chatgpt')
  })

  it('asks under our own name, and for nothing but the client id', async () => {
    const { emulator, screen, ended } = startSignIn()
    screen.showDeviceCode.mockImplementation(({ userCode }) => void emulator.approve(userCode))
    await ended()
    expect(emulator.log.map(({ endpoint }) => endpoint)).toEqual(['device-user-code', 'device-token', 'token'])
    for (const { headers } of emulator.log) expect(headers).toMatchObject({ originator: 'planpass' })
  })
})

/** How a sign-in can fail, and when: at the start, while it waits, and when the code is exchanged. */
const failures: [ErrorCode, string, Fault][] = [
  ['ERR_SIGN_IN_DEVICE_DISABLED', '404 at the start', { endpoint: 'device-user-code', status: 404 }],
  ['ERR_SIGN_IN_FAILED', '400 at the start', { endpoint: 'device-user-code', status: 400 }],
  ['ERR_UPSTREAM_UNAVAILABLE', '503 at the start', { endpoint: 'device-user-code', status: 503 }],
  ['ERR_UPSTREAM_BAD_RESPONSE', 'a wrong shape at the start', { endpoint: 'device-user-code', body: { code: 1 } }],
  ['ERR_UPSTREAM_BAD_RESPONSE', 'a page at the start', { endpoint: 'device-user-code', html: '<html></html>' }],
  ['ERR_UPSTREAM_EDGE_BLOCKED', 'the edge at the start', { endpoint: 'device-user-code', status: 403, html: '<html>' }],
  ['ERR_NETWORK_UNREACHABLE', 'no network at the start', { endpoint: 'device-user-code', drop: 'before' }],
  ['ERR_NETWORK_UNREACHABLE', 'half a code', { endpoint: 'device-user-code', truncateAfterBytes: 9 }],
  ['ERR_SIGN_IN_DENIED', 'a denial', { endpoint: 'device-token', status: 400, body: { error: 'access_denied' } }],
  ['ERR_SIGN_IN_EXPIRED', 'an expiry', { endpoint: 'device-token', status: 400, body: { error: 'expired_token' } }],
  ['ERR_SIGN_IN_FAILED', '410 at a poll', { endpoint: 'device-token', status: 410 }],
  ['ERR_UPSTREAM_BAD_RESPONSE', 'a wrong shape at a poll', { endpoint: 'device-token', body: { ok: true } }],
  ['ERR_UPSTREAM_BAD_RESPONSE', 'a page at a poll', { endpoint: 'device-token', html: '<html></html>' }],
  ['ERR_UPSTREAM_EDGE_BLOCKED', 'the edge at a poll', { endpoint: 'device-token', status: 403, html: '<html>' }],
  ['ERR_SIGN_IN_EXPIRED', 'an approval that was lost', { endpoint: 'device-token', drop: 'after', times: 1 }],
  ['ERR_SIGN_IN_FAILED', 'a refused code', { endpoint: 'token', status: 400, body: { error: 'invalid_grant' } }],
  ['ERR_SIGN_IN_FAILED', '500 at the exchange', { endpoint: 'token', status: 500 }],
  ['ERR_UPSTREAM_BAD_RESPONSE', 'no tokens', { endpoint: 'token', body: {} }],
  ['ERR_UPSTREAM_BAD_RESPONSE', 'a page for tokens', { endpoint: 'token', html: '<html></html>' }],
  ['ERR_NETWORK_UNREACHABLE', 'tokens that were lost', { endpoint: 'token', drop: 'after' }],
  ['ERR_NETWORK_UNREACHABLE', 'half the tokens', { endpoint: 'token', truncateAfterBytes: 40 }],
]

describe('a sign-in that fails', () => {
  it.each(failures)('is %s after %s, costs nothing that was stored, and leaves no timer', async (code, _, fault) => {
    const stored = await credentialFrom(createEmulator({ clock: createFakeClock(), signingKey }))
    const { emulator, ended, screen, store, clock } = startSignIn({ stored, faults: [fault] })
    screen.showDeviceCode.mockImplementation(({ userCode }) => void emulator.approve(userCode))
    expect(await caughtCode(ended())).toBe(code)
    expect(await store.read()).toBe(stored)
    expect(clock.sleeping).toBe(0)
    expect(emulator.counters.requests.revoke).toBe(0)
  })

  it('is told apart: denied by the person, expired by the clock, expired by the server', async () => {
    const denied = startSignIn()
    denied.emulator.deny((await denied.shown()).userCode)
    expect(await caughtCode(denied.ended())).toBe('ERR_SIGN_IN_DENIED')

    const late = startSignIn()
    await late.shown()
    expect(await caughtCode(late.ended())).toBe('ERR_SIGN_IN_EXPIRED')
    expect(late.clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(15 * 60_000)

    const withdrawn = startSignIn()
    withdrawn.emulator.expire((await withdrawn.shown()).userCode)
    expect(await caughtCode(withdrawn.ended())).toBe('ERR_SIGN_IN_EXPIRED')
    expect(withdrawn.clock.now() - Date.UTC(2026, 0, 1)).toBeLessThan(60_000)
  })

  it('says what kept it from polling until the code expired', async () => {
    const { ended } = startSignIn({ faults: [{ endpoint: 'device-token', status: 503 }] })
    const error = await caughtAuthError(ended())
    expect(error.code).toBe('ERR_SIGN_IN_EXPIRED')
    expect(error.cause).toMatchObject({ code: 'ERR_UPSTREAM_UNAVAILABLE' })
  })

  it('is an error of the store when the credential cannot be written', async () => {
    const stored = await credentialFrom(createEmulator({ clock: createFakeClock(), signingKey }))
    const store = createFlakyStore(stored)
    store.failingWrites = 1
    const { emulator, shown, ended } = startSignIn({ store })
    emulator.approve((await shown()).userCode)
    expect(await caughtCode(ended())).toBe('ERR_STORE_WRITE')
    expect(store.current).toBe(stored)
  })

  it('spends no code when the store cannot be written to begin with', async () => {
    const update = async () => {
      throw new Error('read-only')
    }
    const { emulator, shown, ended } = startSignIn({ store: { ...createMemoryStore(), update } })
    emulator.approve((await shown()).userCode)
    expect(await caught(ended())).toMatchObject({ message: 'read-only' })
    expect(emulator.counters.requests.token).toBe(0)
  })

  it('is the screen’s own error when the screen fails', async () => {
    const { screen, ended, clock } = startSignIn()
    const failure = new Error('The terminal is gone.')
    screen.showDeviceCode.mockImplementation(() => {
      throw failure
    })
    expect(await caught(ended())).toBe(failure)
    expect(clock.sleeping).toBe(0)
  })
})

describe('a sign-in that is cancelled', () => {
  const reasons: [string, unknown][] = [
    ['an abort', undefined],
    ['a reason of the caller’s own', new Error('Ctrl-C')],
  ]

  describe.each(reasons)('with %s', (_, reason) => {
    it('before it starts asks for nothing', async () => {
      const { controller, signingIn, store } = startSignIn()
      controller.abort(reason)
      expect(await caught(signingIn)).toBe(controller.signal.reason)
      expect(await store.read()).toBeUndefined()
    })

    it.each([
      ['while the code is asked for', 'device-user-code'],
      ['while a poll is on the wire', 'device-token'],
    ] as const)('%s ends at once', async (__, endpoint) => {
      const stored = await credentialFrom(createEmulator({ clock: createFakeClock(), signingKey }))
      const { controller, signingIn, clock, store } = startSignIn({ stored, faults: [{ endpoint, delayMs: 1000 }] })
      await vi.waitUntil(() => clock.sleeping > 0, patiently)
      controller.abort(reason)
      expect(await caught(signingIn)).toBe(controller.signal.reason)
      expect(clock.sleeping).toBe(0)
      expect(await store.read()).toBe(stored)
    })

    it('between two polls ends at once, and leaves no timer', async () => {
      const { controller, signingIn, clock, shown } = startSignIn()
      await shown()
      await vi.waitUntil(() => clock.sleeping > 0, patiently)
      controller.abort(reason)
      expect(await caught(signingIn)).toBe(controller.signal.reason)
      expect(clock.sleeping).toBe(0)
    })
  })

  it('after the code is spent stores what comes back all the same', async () => {
    const { controller, emulator, screen, clock, ended, store } = startSignIn({
      faults: [{ endpoint: 'token', delayMs: 2000 }],
    })
    screen.showDeviceCode.mockImplementation(({ userCode }) => void emulator.approve(userCode))
    await vi.waitUntil(() => emulator.counters.requests.token > 0 && clock.sleeping > 0, patiently)
    controller.abort()
    const credential: ChatgptCredential = await ended()
    expect(await store.read()).toBe(credential)
  })

  it('is not mistaken for a failure of the network', async () => {
    const { controller, signingIn, clock, shown } = startSignIn()
    await shown()
    await vi.waitUntil(() => clock.sleeping > 0, patiently)
    controller.abort()
    expect(isAbortError(await caught(signingIn))).toBe(true)
  })
})
