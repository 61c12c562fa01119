import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryStore, type CredentialStore } from '../../src/core/index.js'
import { beginSignIn, type PendingSignIn } from '../../src/sign-in/index.js'
import { createFileStore } from '../../src/stores/file.js'
import { createEmulator, defaultAccount, type EmulatorOptions } from '../../src/testing/index.js'
import { withCodexLab, type CodexLab } from '../interop/codex-lab.js'
import { foreignServer, isListening, visit } from '../sign-in/loopback-client.js'
import { caughtAuthError } from '../support/caught.js'
import { inspectLooks, startChromium } from '../support/chromium.js'
import { providerOf } from '../support/signed-in.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const pictures = 'sign-in-pages'

/** The ports are the real ones, so a sign-in of somebody else on this machine would be cancelled. */
beforeEach(expectPortsFree)

interface LabOptions extends EmulatorOptions {
  readonly store?: CredentialStore
  readonly allowedWorkspaceIds?: readonly string[]
}

/** An emulator, a browser, and a sign-in that waits for it. */
async function openLab({ store = createMemoryStore(), allowedWorkspaceIds, ...options }: LabOptions = {}) {
  const emulator = createEmulator({ signingKey, ...options })
  const listener = await emulator.listen()
  onTestFinished(() => listener.close())
  const browser = await startChromium()
  const page = await browser.newPage()
  const begin = () => {
    const pending = beginSignIn({ provider: providerOf(listener), store, allowedWorkspaceIds })
    onTestFinished(() => pending.cancel())
    return pending
  }
  return { emulator, listener, browser, page, store, begin, pending: begin() }
}

/** What the person does: opens the address, and says yes or no on the page there. */
async function decide(page: Page, pending: PendingSignIn, decision: 'Approve' | 'Deny'): Promise<void> {
  const { authorizeUrl } = await pending.openBrowserDoor()
  await page.goto(authorizeUrl.href)
  await page.getByRole('button', { name: decision }).click()
}

async function expectPortsFree(): Promise<void> {
  for (const port of [1455, 1457])
    for (const host of ['127.0.0.1', '::1']) expect(await isListening(port, host)).toBe(false)
}

describe('a sign-in in Chromium', () => {
  it('comes back on port 1455, is stored, and ends on an address without the code', async () => {
    const { page, pending, store, emulator } = await openLab()
    const asked: string[] = []
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname))
    const finished = pending.awaitSignIn()
    await decide(page, pending, 'Approve')
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    expect(page.url()).toBe('http://127.0.0.1:1455/success')
    expect(await finished).toMatchObject({ flow: 'browser' })
    expect(await store.read()).toMatchObject({ identity: { email: defaultAccount.email } })
    expect(asked).toEqual(['/oauth/authorize', '/oauth/authorize', '/auth/callback', '/success'])
    expect(emulator.sessions).toHaveLength(1)
    await expectPortsFree()
    expect(await inspectLooks(page, pictures, 'signed-in')).toEqual([])
  })

  it('comes back on port 1457 when another program has 1455, which was asked once to give way', async () => {
    const foreign = await foreignServer({ port: 1455 })
    const { page, pending } = await openLab()
    const finished = pending.awaitSignIn()
    await decide(page, pending, 'Approve')
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    expect(page.url()).toBe('http://127.0.0.1:1457/success')
    await finished
    expect(foreign.heard).toEqual([expect.stringMatching(/^GET \/cancel HTTP\/1\.1\r\n/)])
  })

  it('has no port when other programs have both, and says which programs', async () => {
    await foreignServer({ port: 1455 })
    await foreignServer({ port: 1457 })
    const { pending } = await openLab()
    const { port, whyNoPort } = await pending.openBrowserDoor()
    expect(port).toBeUndefined()
    expect(whyNoPort).toMatchObject({ code: 'ERR_SIGN_IN_PORT' })
    expect(whyNoPort?.summary).toContain(`(process ${process.pid})`)
  })

  it('takes port 1455 from an older sign-in that still waits there', async () => {
    const { page, pending: first, begin } = await openLab()
    await first.openBrowserDoor()
    const ousted = caughtAuthError(first.awaitSignIn())
    const second = begin()
    const finished = second.awaitSignIn()
    await decide(page, second, 'Approve')
    expect(await ousted).toMatchObject({ code: 'ERR_SIGN_IN_CANCELLED' })
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    expect(page.url()).toBe('http://127.0.0.1:1455/success')
    await finished
  })

  it('survives an impatient person who loads the page again while the code is exchanged', async () => {
    const { page, pending, emulator } = await openLab()
    emulator.faults.add({ endpoint: 'token', delayMs: 1500, times: 1 })
    const finished = pending.awaitSignIn()
    const { authorizeUrl } = await pending.openBrowserDoor()
    await page.goto(authorizeUrl.href)
    const callback = page.waitForRequest(/\/auth\/callback/)
    await page.getByRole('button', { name: 'Approve' }).click({ noWaitAfter: true })
    const address = (await callback).url()
    await page.goto(address)
    expect(page.url()).toBe('http://127.0.0.1:1455/success')
    await finished
    expect(emulator.sessions).toHaveLength(1)
  })
})

/** The page shows the code of the error that the program gets. */
async function expectSameCode(page: Page, pending: PendingSignIn, decision: 'Approve' | 'Deny', name: string) {
  const failure = caughtAuthError(pending.awaitSignIn())
  await decide(page, pending, decision)
  const { code, summary } = await failure
  await page.getByText(code).waitFor()
  expect(await page.locator('main').innerText()).toContain(summary)
  expect(await inspectLooks(page, pictures, name)).toEqual([])
  await expectPortsFree()
  return code
}

describe('a sign-in that fails in Chromium', () => {
  it('shows the code of the error when the exchange fails, and stores nothing', async () => {
    const { page, pending, emulator, store } = await openLab()
    const body = { error: { code: 'unsupported_country_region_territory', message: 'Country not supported' } }
    emulator.faults.add({ endpoint: 'token', status: 403, body })
    expect(await expectSameCode(page, pending, 'Approve', 'exchange-failed')).toMatch(/^ERR_/)
    expect(await store.read()).toBeUndefined()
  })

  it('shows the code of the error when the store cannot be written', async () => {
    // Not even root makes a folder in sysfs.
    const { page, pending } = await openLab({ store: createFileStore('/sys/planpass/auth.json') })
    expect(await expectSameCode(page, pending, 'Approve', 'store-read-only')).toMatch(/^ERR_STORE_/)
  })

  it('leaves what was stored before when the exchange fails', async () => {
    const folder = join(await temporaryFolder(), 'profile')
    await mkdir(folder, { mode: 0o700 })
    const store = createFileStore(join(folder, 'auth.json'))
    const first = await openLab({ store })
    const finished = first.pending.awaitSignIn()
    await decide(first.page, first.pending, 'Approve')
    await finished
    const before = await store.read()
    const second = await openLab({ store })
    second.emulator.faults.add({ endpoint: 'token', status: 400, body: { error: 'invalid_grant' } })
    await expectSameCode(second.page, second.pending, 'Approve', 'exchange-refused')
    expect(await store.read()).toEqual(before)
  })

  it('shows the code of the error when the person says no', async () => {
    const { page, pending } = await openLab()
    expect(await expectSameCode(page, pending, 'Deny', 'denied')).toBe('ERR_SIGN_IN_DENIED')
  })

  it('shows a page of its own to an old tab, and to somebody who cancels', async () => {
    const { page, pending } = await openLab()
    const failure = caughtAuthError(pending.awaitSignIn())
    await pending.openBrowserDoor()
    await page.goto('http://127.0.0.1:1455/auth/callback?code=old&state=old')
    await page.getByRole('heading', { name: 'This page belongs to another sign-in' }).waitFor()
    expect(await inspectLooks(page, pictures, 'another-sign-in')).toEqual([])
    expect((await visit(1455, '/success')).status).toBe(404)
    await page.goto('http://127.0.0.1:1455/cancel')
    await page.getByRole('heading', { name: 'The sign-in was cancelled' }).waitFor()
    expect(await inspectLooks(page, pictures, 'cancelled')).toEqual([])
    expect(await failure).toMatchObject({ code: 'ERR_SIGN_IN_CANCELLED' })
  })
})

describe('beside a `codex login` on port 1455', () => {
  const intercepted = { interceptedHosts: ['auth.openai.com', 'chatgpt.com'] }
  const printedUrl = /redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A(\d+)%2F/

  function beginBeside({ listener }: CodexLab): PendingSignIn {
    const pending = beginSignIn({ provider: providerOf(listener), store: createMemoryStore() })
    onTestFinished(() => pending.cancel())
    return pending
  }

  it('that came first, we take its place and it ends', async () => {
    await withCodexLab(intercepted, async (lab) => {
      const login = await lab.start(['login'])
      await login.waitForOutput(printedUrl)
      expect(await beginBeside(lab).openBrowserDoor()).toMatchObject({ port: 1455 })
      const { exitCode, stderr } = await login.finished
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('Login cancelled') })
    })
  })

  it('that comes second, we end and it takes our place', async () => {
    await withCodexLab(intercepted, async (lab) => {
      const pending = beginBeside(lab)
      const failure = caughtAuthError(pending.awaitSignIn())
      await pending.openBrowserDoor()
      const login = await lab.start(['login'])
      expect((await login.waitForOutput(printedUrl))[1]).toBe('1455')
      expect(await failure).toMatchObject({ code: 'ERR_SIGN_IN_CANCELLED' })
    })
  })
})
