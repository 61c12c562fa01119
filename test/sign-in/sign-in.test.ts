import { describe, expect, it, vi } from 'vitest'
import type { ChatgptCredential } from '../../src/core/index.js'
import { waitFor } from '../../src/core/wait-for.js'
import {
  beginSignIn,
  signIn,
  type BrowserLink,
  type OtherWay,
  type ScreenedSignInOptions,
  type SignInScreen,
} from '../../src/sign-in/index.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { createFlakyStore } from '../support/flaky-store.js'
import { credentialFrom } from '../support/signed-in.js'
import { foreignServer, isListening, visit } from './loopback-client.js'
import { callbackOf, setUp, signedInByBrowser } from './sign-in-setup.js'

const follow = ({ port, pathname, search }: URL) => visit(Number(port), pathname + search)

/** A screen that remembers what it was shown, and does what it is told. */
function createScreen(actions: Partial<SignInScreen> = {}) {
  const links: BrowserLink[] = []
  const codes: string[] = []
  const others: (OtherWay | undefined)[] = []
  const screen: SignInScreen = {
    ...actions,
    showBrowserUrl: async (link, other) => {
      links.push(link)
      others.push(other)
      await actions.showBrowserUrl?.(link, other)
    },
    showDeviceCode: async (code, other) => {
      codes.push(code.userCode)
      others.push(other)
      await actions.showDeviceCode?.(code, other)
    },
  }
  return { screen, links, codes, others }
}

function start(options: Omit<ScreenedSignInOptions, 'screen'>, screen: SignInScreen) {
  return signIn({ ...options, screen })
}

describe('a sign-in with a browser', () => {
  it('takes what comes back to its port, stores it, and only then says so in the browser', async () => {
    const { emulator, store, common } = setUp()
    const pages: Promise<{ status: number | undefined }>[] = []
    const { screen, links } = createScreen({
      showBrowserUrl: async ({ url }) => void pages.push(follow(await callbackOf(emulator, url))),
    })
    const result = await start({ ...common, doors: ['browser'] }, screen)
    expect(result).toMatchObject({ ...signedInByBrowser, warnings: [] })
    expect(await store.read()).toMatchObject({ mode: 'chatgpt' })
    expect(await pages[0]).toMatchObject({ status: 302 })
    expect(await isListening(links[0]?.port ?? 0)).toBe(false)
  })

  it('starts the browser once the port is open, and tells the screen when it could not', async () => {
    const { emulator, common } = setUp()
    const opened: boolean[] = []
    const { screen, links } = createScreen({
      showBrowserUrl: async ({ url }) => void follow(await callbackOf(emulator, url)),
    })
    const openBrowser = async (url: URL) => {
      opened.push(await isListening(Number(new URL(url.searchParams.get('redirect_uri') ?? '').port)))
      return { isOpened: false, reason: 'there is none' } as const
    }
    await start({ ...common, doors: ['browser'], openBrowser }, screen)
    expect(opened).toEqual([true])
    expect(links).toMatchObject([{ isOpened: false, reason: 'there is none' }])
  })

  it('takes a paste at the same time, and the first to finish wins', async () => {
    const { emulator, common } = setUp()
    let callback = ''
    const asked: (string | undefined)[] = []
    const { screen, links } = createScreen({
      showBrowserUrl: async ({ url }) => void (callback = (await callbackOf(emulator, url)).href),
      askForPaste: async (_, whyAgain) => {
        asked.push(whyAgain?.message)
        return asked.length === 1 ? 'https://example.test/?state=only' : callback
      },
    })
    expect(await start({ ...common, doors: ['browser'] }, screen)).toMatchObject({ flow: 'paste' })
    expect(asked).toEqual([undefined, expect.stringContaining('not the whole address')])
    expect(await isListening(links[0]?.port ?? 0)).toBe(false)
    expect(emulator.sessions).toHaveLength(1)
  })

  it('exchanges one code when browser and paste arrive together', async () => {
    const { emulator, common } = setUp()
    const pending = beginSignIn(common)
    const { authorizeUrl } = await pending.openBrowserDoor()
    const callback = await callbackOf(emulator, authorizeUrl)
    // Who of them is first decides the network, and with it whether the browser still gets a page.
    const page = follow(callback).catch(() => undefined)
    pending.paste(callback.href)
    await Promise.all([pending.awaitSignIn(), page])
    expect(emulator.log.filter(({ path }) => path === '/oauth/token')).toHaveLength(1)
  })

  it('ends with what the server said in a paste', async () => {
    const { emulator, common } = setUp()
    let callback = ''
    const { screen } = createScreen({
      showBrowserUrl: async ({ url }) => void (callback = (await callbackOf(emulator, url, 'deny')).href),
      askForPaste: async () => callback,
    })
    const error = await caughtAuthError(start({ ...common, doors: ['browser', 'device'] }, screen))
    expect(error.code).toBe('ERR_SIGN_IN_DENIED')
  })

  it('goes on by paste when no port can be had, and says who holds it', async () => {
    const { emulator, common } = setUp()
    const { port } = await foreignServer()
    let callback = ''
    const { screen, links } = createScreen({
      showBrowserUrl: async ({ url }) => void (callback = (await callbackOf(emulator, url)).href),
      askForPaste: async () => callback,
    })
    const result = await start({ ...common, callbackPort: port, doors: ['browser'] }, screen)
    expect(result.flow).toBe('paste')
    expect(links).toMatchObject([{ port: undefined, whyNoPort: { code: 'ERR_SIGN_IN_PORT' } }])
  })

  it('can still be pasted into, where no port is to be had and the code for a device has come to its end', async () => {
    const { emulator, common } = setUp()
    const { port } = await foreignServer()
    const pending = beginSignIn({ ...common, callbackPort: port })
    const { authorizeUrl } = await pending.openBrowserDoor()
    const { userCode } = await pending.openDeviceDoor()
    emulator.expire(userCode)
    const signedIn = pending.awaitSignIn()
    await vi.waitUntil(() => emulator.log.some(({ outcome }) => /expired/.test(outcome ?? '')), { timeout: 5000 })
    pending.paste((await callbackOf(emulator, authorizeUrl)).href)
    expect(await signedIn).toMatchObject({ flow: 'paste' })
  })

  it('opens the other door when no port can be had and nobody can paste', async () => {
    const { emulator, common } = setUp()
    const { port } = await foreignServer()
    const { screen, others } = createScreen({
      showDeviceCode: ({ userCode }) => void emulator.approve(userCode),
    })
    const result = await start({ ...common, callbackPort: port, doors: ['browser', 'device'] }, screen)
    expect(result.flow).toBe('device')
    expect(others).toMatchObject([{ flow: 'browser', failure: { code: 'ERR_SIGN_IN_PORT' } }])
  })

  it('shows the error that the caller gets, and keeps the old sign-in, when the exchange fails', async () => {
    const { emulator, common, store } = setUp()
    const before = await credentialFrom(emulator)
    await store.update(async () => ({ write: before, result: undefined }))
    emulator.faults.add({ endpoint: 'token', status: 500 })
    const pages: Promise<{ body: string }>[] = []
    const { screen } = createScreen({
      showBrowserUrl: async ({ url }) => void pages.push(follow(await callbackOf(emulator, url))),
    })
    const error = await caughtAuthError(start({ ...common, doors: ['browser'] }, screen))
    expect((await pages[0])?.body).toContain(error.code)
    expect(await store.read()).toBe(before)
  })

  it('revokes what could not be stored', async () => {
    const store = createFlakyStore()
    const { emulator, common } = setUp({ store })
    store.failingWrites = 1
    const { screen } = createScreen({
      showBrowserUrl: async ({ url }) => void follow(await callbackOf(emulator, url)),
    })
    const error = await caughtAuthError(start({ ...common, doors: ['browser'] }, screen))
    expect(error.code).toBe('ERR_STORE_WRITE')
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
  })

  it('gives up in time, and frees the port', async () => {
    const { common, clock } = setUp()
    const startMs = clock.now()
    const { screen, links } = createScreen()
    const error = await caughtAuthError(start({ ...common, doors: ['browser'], timeoutMs: 90_000 }, screen))
    expect(error.summary).toBe('Nobody signed in within 90 seconds.')
    expect(clock.now() - startMs).toBe(90_000)
    expect(await isListening(links[0]?.port ?? 0)).toBe(false)
  })
})

describe('the two doors of a sign-in', () => {
  it('open one after the other, when the screen asks for it', async () => {
    const { emulator, common } = setUp()
    const { screen, codes, links } = createScreen({
      showBrowserUrl: async (_, other) => other?.open(),
      showDeviceCode: ({ userCode }) => void emulator.approve(userCode),
    })
    expect(await start({ ...common, doors: ['browser', 'device'] }, screen)).toMatchObject({ flow: 'device' })
    expect(codes).toHaveLength(1)
    expect(await isListening(links[0]?.port ?? 0)).toBe(false)
  })

  it('lead to the browser when device codes are disabled, and say so', async () => {
    const { emulator, common } = setUp()
    emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
    const { screen, others } = createScreen({
      showBrowserUrl: async ({ url }) => void follow(await callbackOf(emulator, url)),
    })
    expect(await start({ ...common, doors: ['device', 'browser'] }, screen)).toMatchObject({ flow: 'browser' })
    expect(others).toMatchObject([{ flow: 'device', failure: { code: 'ERR_SIGN_IN_DEVICE_DISABLED' } }])
  })

  it('are both open once no browser has come back in time', async () => {
    const clock = createFakeClock()
    const { emulator, common } = setUp({ clock })
    const { screen, codes, links } = createScreen()
    const signingIn = start({ ...common, doors: ['browser', 'device'], browserPatienceMs: 5000 }, screen)
    await vi.waitUntil(() => links.length === 1, { interval: 1 })
    await clock.advance(4999)
    expect(codes).toEqual([])
    await clock.advance(1)
    await vi.waitUntil(() => codes.length === 1, { interval: 1 })
    expect(await isListening(links[0]?.port ?? 0)).toBe(true)
    emulator.approve(codes[0] ?? '')
    await clock.advance(2000)
    expect(await signingIn).toMatchObject({ flow: 'device' })
    expect(clock.sleeping).toBe(0)
  })

  it('are both closed by a no at one of them', async () => {
    const { emulator, common } = setUp()
    const { screen, links } = createScreen({
      showBrowserUrl: async (_, other) => other?.open(),
      showDeviceCode: ({ userCode }) => void emulator.deny(userCode),
    })
    const error = await caughtAuthError(start({ ...common, doors: ['browser', 'device'] }, screen))
    expect(error.code).toBe('ERR_SIGN_IN_DENIED')
    expect(await isListening(links[0]?.port ?? 0)).toBe(false)
  })

  it('go on with the other when one fails for its own reasons', async () => {
    const { emulator, common } = setUp()
    const { screen } = createScreen({
      showBrowserUrl: async ({ url }, other) => {
        await other?.open()
        const callback = await callbackOf(emulator, url)
        callback.search = `?state=${url.searchParams.get('state') ?? ''}&error=server_error`
        await follow(callback)
      },
      showDeviceCode: ({ userCode }) => void setImmediate(() => emulator.approve(userCode)),
    })
    expect(await start({ ...common, doors: ['browser', 'device'] }, screen)).toMatchObject({ flow: 'device' })
  })
})

describe('a sign-in that is cancelled', () => {
  it('frees the port and keeps what was stored', async () => {
    const { emulator, store, common } = setUp()
    const before = await credentialFrom(emulator)
    await store.update(async () => ({ write: before, result: undefined }))
    const controller = new AbortController()
    const reason = new DOMException('Ctrl-C', 'AbortError')
    const { screen, links } = createScreen({ showBrowserUrl: () => controller.abort(reason) })
    const signingIn = start({ ...common, doors: ['browser'], signal: controller.signal }, screen)
    expect(await caught(signingIn)).toBe(reason)
    expect(await isListening(links[0]?.port ?? 0)).toBe(false)
    expect(await store.read()).toBe(before)
  })

  it('goes through once its code is being exchanged, whatever becomes of the screen', async () => {
    const { emulator, store, common } = setUp()
    const controller = new AbortController()
    const { screen } = createScreen({
      showBrowserUrl: async ({ url }) => void follow(await callbackOf(emulator, url)),
      askForPaste: (signal) =>
        waitFor(() => new Promise<never>(() => {}), AbortSignal.any([signal, controller.signal])),
    })
    const fetch: typeof emulator.fetch = async (input, init) => {
      controller.abort()
      return emulator.fetch(input, init)
    }
    const result = await start({ ...common, fetch, doors: ['browser'], signal: controller.signal }, screen)
    expect(result.flow).toBe('browser')
    expect(await store.read()).toMatchObject({ mode: 'chatgpt' })
  })

  it('is over for who waits, and closes every door', async () => {
    const { common } = setUp()
    const pending = beginSignIn(common)
    const { port = 0 } = await pending.openBrowserDoor()
    await pending.openDeviceDoor()
    const waiting = caught(pending.awaitSignIn())
    await pending.cancel()
    expect(await waiting).toMatchObject({ name: 'AbortError' })
    expect(await isListening(port)).toBe(false)
  })

  it('spends no code when nobody waited for one', async () => {
    const { emulator, common } = setUp()
    const pending = beginSignIn(common)
    const { authorizeUrl } = await pending.openBrowserDoor()
    pending.paste((await callbackOf(emulator, authorizeUrl)).href)
    await pending.cancel()
    expect(emulator.log.filter(({ path }) => path === '/oauth/token')).toEqual([])
  })

  it('has done nothing when it has not begun', async () => {
    const { emulator, common } = setUp()
    const pending = beginSignIn(common)
    await pending.cancel()
    expect(emulator.log).toEqual([])
  })
})

describe('the sign-in that another takes the place of', () => {
  it('is ended at the server once the new one is stored', async () => {
    const { emulator, store, common } = setUp()
    const before = await credentialFrom(emulator)
    await store.update(async () => ({ write: before, result: undefined }))
    const { screen } = createScreen({ showDeviceCode: ({ userCode }) => void emulator.approve(userCode) })
    expect(await start(common, screen)).toMatchObject({ warnings: [] })
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['revoked', 'live'])
    const stored = (await store.read()) as ChatgptCredential
    expect(stored.refreshToken?.reveal()).not.toBe(before.refreshToken?.reveal())
  })

  it('is mentioned when it could not be ended', async () => {
    const { emulator, store, common } = setUp()
    const before = await credentialFrom(emulator)
    await store.update(async () => ({ write: before, result: undefined }))
    emulator.faults.add({ endpoint: 'revoke', status: 503 })
    const { screen } = createScreen({ showDeviceCode: ({ userCode }) => void emulator.approve(userCode) })
    const { warnings } = await start(common, screen)
    expect(warnings).toEqual([expect.stringContaining('lives on until it ends')])
  })
})
