import type { BrowserContext, Page } from 'playwright-core'
import { systemClock } from '../../src/core/index.js'
import { defaultAccount, type EmulatedAccount } from '../../src/testing/index.js'
import { startChromium } from '../support/chromium.js'
import { parseLines, withCliLab, type CliLab, type CliLabOptions } from '../support/cli-lab.js'
import type { CliProcess } from '../support/cli-process.js'

/** The page in a browser, in front of `planpass serve` as a process of its own. */
export interface ConsoleLab extends CliLab {
  readonly page: Page
  readonly context: BrowserContext
  readonly gateway: Gateway
  /** What the page asked for that was not the gateway's, and what its scripts or its policy complained about. */
  readonly complaints: readonly string[]
}

export interface Gateway {
  readonly child: CliProcess
  /** The base URL for clients. */
  readonly url: string
  readonly key: string
  /** What opens the console, once. */
  readonly link: string
}

export interface ConsoleLabOptions extends CliLabOptions {
  readonly locale?: string
  /** The person is signed in before the gateway starts. */
  readonly isSignedIn?: boolean
  /** The browser has not followed the link. */
  readonly staysOutside?: boolean
}

/** A second plan of the same person. */
export const secondAccount: EmulatedAccount = {
  ...defaultAccount,
  email: 'grace@example.test',
  userId: 'user-2',
  accountId: 'account-2',
  planType: 'team',
}

/** Times are real, since the page has a clock of its own. */
export async function withConsole(
  { locale = 'en-GB', isSignedIn = true, staysOutside = false, ...options }: ConsoleLabOptions,
  body: (lab: ConsoleLab) => Promise<void>,
): Promise<void> {
  await withCliLab({ accounts: [defaultAccount, secondAccount], ...options, clock: systemClock }, async (lab) => {
    if (isSignedIn) await lab.signIn()
    const gateway = await startGateway(lab)
    const browser = await startChromium()
    const context = await browser.newContext({ locale, permissions: ['clipboard-read', 'clipboard-write'] })
    const page = await context.newPage()
    const complaints = watch(page, new URL(gateway.url).origin)
    await page.goto(staysOutside ? new URL('/', gateway.url).href : gateway.link)
    await (staysOutside ? page.getByRole('heading', { level: 1 }) : page.locator('.base-url')).waitFor()
    await body({ ...lab, page, context, gateway, complaints })
  })
}

async function startGateway({ startProcess }: CliLab): Promise<Gateway> {
  const child = startProcess(['serve', '--json', '--port', '0'], { timeoutMs: 110_000 })
  await child.waitForOutput(/"console".*\n/)
  const [{ url, key }, { link }] = parseLines(child.printed.stdout) as unknown as [
    Record<'url' | 'key', string>,
    { readonly link: string },
  ]
  return { child, url, key, link }
}

function watch(page: Page, origin: string): string[] {
  const complaints: string[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asked for ${request.url()}`)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  return complaints
}

/** A question of a program, by its key. */
export async function askAsClient({ gateway }: ConsoleLab, text: string): Promise<Response> {
  const headers = { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: 'gpt-6.1-sol', input: text })
  return fetch(`${gateway.url}/responses`, { method: 'POST', headers, body })
}

/** Goes to a part of the page as a person does. */
export async function goTo(page: Page, part: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: part, exact: true }).click()
}
