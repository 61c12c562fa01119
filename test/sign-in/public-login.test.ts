import { describe, expect, it, onTestFinished } from 'vitest'
import {
  beginSignIn,
  signIn,
  type BrowserLink,
  type OtherWay,
  type ScreenedSignInOptions,
} from '../../src/sign-in/index.js'
import { withResolvers } from '../../src/sign-in/with-resolvers.js'
import { createFakeClock, type Emulator } from '../../src/testing/index.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { visit } from './loopback-client.js'
import { callbackOf, setUp, signedInByBrowser } from './sign-in-setup.js'

const patienceMs = 30_000

interface LabOptions extends Partial<ScreenedSignInOptions> {
  /** Whether the account may sign in with a device code. */
  readonly hasDeviceCodes?: boolean
}

/** A sign-in before an emulator, on a clock that a test moves, with a screen that tells the test what it shows. */
function openLab({ hasDeviceCodes = true, ...options }: LabOptions = {}) {
  const clock = createFakeClock()
  const { emulator, store, common } = setUp({ clock })
  if (!hasDeviceCodes) emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
  const browser = withResolvers<{ link: BrowserLink; other: OtherWay | undefined }>()
  const device = withResolvers<{ userCode: string; other: OtherWay | undefined }>()
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const finished = signIn({
    ...common,
    signal: stop.signal,
    doors: ['browser', 'device'],
    screen: {
      showBrowserUrl: (link, other) => browser.resolve({ link, other }),
      showDeviceCode: ({ userCode }, other) => device.resolve({ userCode, other }),
    },
    ...options,
  })
  finished.catch(() => undefined)
  return { clock, emulator, store, finished, browser: browser.promise, device: device.promise }
}

type Lab = ReturnType<typeof openLab>

/** The person says yes in a browser, which comes back and follows to the page that says so. */
async function approve(emulator: Emulator, authorizeUrl: URL, port = 0): Promise<void> {
  const { pathname, search } = await callbackOf(emulator, authorizeUrl)
  const { headers } = await visit(port, pathname + search)
  await visit(port, String(headers.location))
}

async function approveInBrowser({ emulator, browser }: Lab): Promise<void> {
  const { url, port } = (await browser).link
  await approve(emulator, url, port)
}

describe('a sign-in whose browser does not come back', () => {
  it('opens the door for a device code after a while, as in WSL', async () => {
    const lab = openLab({ browserPatienceMs: patienceMs })
    await lab.browser
    await lab.clock.advance(patienceMs - 1)
    expect(lab.emulator.counters.requests['device-user-code']).toBe(0)
    await lab.clock.advance(1)
    const { userCode } = await lab.device
    lab.emulator.approve(userCode)
    await lab.clock.advance(10_000)
    expect(await lab.finished).toMatchObject({ flow: 'device' })
  })

  it('goes on with the browser when there is no device code to be had', async () => {
    const lab = openLab({ browserPatienceMs: patienceMs, hasDeviceCodes: false })
    await lab.browser
    await lab.clock.advance(patienceMs)
    await approveInBrowser(lab)
    expect(await lab.finished).toMatchObject({ flow: 'browser' })
  })

  it('waits for the browser alone where nothing else was asked for', async () => {
    const lab = openLab({ browserPatienceMs: patienceMs, doors: ['browser'], timeoutMs: 60_000 })
    const { other } = await lab.browser
    await lab.clock.advance(60_000)
    expect(other).toBeUndefined()
    expect(await caughtCode(lab.finished)).toBe('ERR_SIGN_IN_EXPIRED')
    expect(lab.emulator.counters.requests['device-user-code']).toBe(0)
  })
})

describe('the other door', () => {
  it('is opened when the first cannot be, and the screen is told why', async () => {
    const lab = openLab({ doors: ['device', 'browser'], hasDeviceCodes: false })
    const { other } = await lab.browser
    expect(other).toMatchObject({ flow: 'device', failure: { code: 'ERR_SIGN_IN_DEVICE_DISABLED' } })
    await approveInBrowser(lab)
    expect(await lab.finished).toMatchObject({ flow: 'browser' })
  })

  it('is opened once, however often it is asked for, and the first stays open', async () => {
    const lab = openLab()
    const { other } = await lab.browser
    await Promise.all([other?.open(), other?.open()])
    expect(lab.emulator.counters.requests['device-user-code']).toBe(1)
    await approveInBrowser(lab)
    expect(await lab.finished).toMatchObject({ flow: 'browser' })
  })
})

describe('a sign-in whose screen is the host’s', () => {
  it('is begun, shown and waited for in steps, and nothing happens before the first', async () => {
    const { emulator, common } = setUp()
    const pending = beginSignIn(common)
    onTestFinished(() => pending.cancel())
    expect(emulator.log).toEqual([])
    const way = await pending.openBrowserDoor()
    expect(way.authorizeUrl.href).toContain(`${emulator.issuer}/oauth/authorize?`)
    expect(way.authorizeUrl.searchParams.get('redirect_uri')).toBe(`http://127.0.0.1:${way.port}/auth/callback`)
    const finished = pending.awaitSignIn()
    await approve(emulator, way.authorizeUrl, way.port)
    expect(await finished).toMatchObject(signedInByBrowser)
  })

  it('takes no paste before a browser was sent anywhere', async () => {
    const pending = beginSignIn(setUp().common)
    onTestFinished(() => pending.cancel())
    expect((await caughtAuthError(() => pending.paste('code'))).code).toBe('ERR_CONFIG_USAGE')
  })
})
