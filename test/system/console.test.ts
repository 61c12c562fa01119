import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { defaultAccount } from '../../src/testing/index.js'
import { askAsClient, goTo, secondAccount, withConsole, type ConsoleLab } from '../console/console-lab.js'
import { inspectLooks } from '../support/chromium.js'

const pictures = 'console'
const hourMs = 60 * 60 * 1000

/** Whatever leaves the page loses the mark. */
async function markPage(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate('document.marked = true')
  return () => page.evaluate('document.marked')
}

/** What the person does on the page of the issuer, in a tab of its own. */
async function approve({ page, context }: ConsoleLab, account = defaultAccount): Promise<void> {
  const code = await page.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{5}$/).innerText()
  const opened = context.waitForEvent('page')
  await page.getByRole('link', { name: /codex\/device$/ }).click()
  const tab = await opened
  await tab.getByLabel('One-time code').fill(code)
  await tab.getByRole('button', { name: 'Continue' }).click()
  await tab.getByText(account.email).click()
  await tab.getByRole('button', { name: 'Approve' }).click()
  await tab.getByText('signing in as').waitFor()
  await tab.close()
}

/** Two days in which the plan was used now and then. */
async function plantHistory({ home }: ConsoleLab): Promise<void> {
  const files = await readdir(home, { recursive: true })
  const path = join(home, files.find((name) => /usage-[^/]+$/.test(name) && !name.includes('.lock')) ?? '')
  const [line = ''] = (await readFile(path, 'utf8')).split('\n')
  const { atMs, windows } = JSON.parse(line) as { atMs: number; windows: { usedPercent: number }[] }
  const samples = Array.from({ length: 40 }, (_, index) => {
    const percents = [Math.round(45 + 45 * Math.sin(index / 2)), Math.round(60 - index * 1.2)]
    const at = windows.map((window, slot) => ({ ...window, usedPercent: percents[slot] }))
    return `${JSON.stringify({ atMs: atMs - (index + 1) * hourMs, windows: at })}\n`
  })
  await appendFile(path, samples.join(''))
}

describe('the console in Chromium', () => {
  it('signs in with a device code, and fills the gauges and the models without a reload', async () => {
    await withConsole({ isSignedIn: false }, async (lab) => {
      const { page, context, emulator, complaints } = lab
      const marked = await markPage(page)
      await page.getByRole('button', { name: 'Get a code' }).click()
      await page.getByRole('img', { name: /^QR code of .*codex\/device$/ }).waitFor()
      await page.getByText(/^The code ends in 1\d:\d\d\./).waitFor()
      expect(await inspectLooks(page, pictures, 'sign-in')).toEqual([])

      await page.getByRole('button', { name: 'Copy the code' }).click()
      const shown = await page.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{5}$/).innerText()
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(shown)

      await goTo(page, 'Models')
      await page.getByText('The models are not known').waitFor()
      await goTo(page, 'Plan')
      await approve(lab)
      await page.getByRole('heading', { name: 'Your plan' }).waitFor()
      await page.getByRole('heading', { name: 'Within 5 hours' }).waitFor()
      await goTo(page, 'Models')
      await page
        .getByRole('heading', { name: emulator.scenario.models[0]?.display_name ?? '' })
        .first()
        .waitFor()

      expect(await marked()).toBe(true)
      expect(emulator.sessions).toHaveLength(1)
      expect(context.pages()).toHaveLength(1)
      expect(complaints).toEqual([])
    })
  })

  it('draws a gauge for each window with its reset, the history over hours and days, and the tokens', async () => {
    const usage = {
      primary: { usedPercent: 37, windowSeconds: 18_000 },
      secondary: { usedPercent: 94, windowSeconds: 604_800 },
      additional: [],
      credits: { hasCredits: true, unlimited: false, balance: '12.40' },
      reachedType: null,
    }
    await withConsole({ scenario: { usage } }, async (lab) => {
      const { page, complaints } = lab
      const short = page.getByRole('article').filter({ hasText: 'Within 5 hours' })
      const long = page.getByRole('article').filter({ hasText: 'Within 7 days' })
      expect(await short.innerText()).toMatch(/37%\s+used\s+Resets in (\d h|\d+ min)/)
      expect(await long.innerText()).toMatch(/94%\s+used\s+Resets in [\s\S]*Almost used up/)
      await page.getByText('Credits: 12.40').waitFor()

      await plantHistory(lab)
      await askAsClient(lab, 'Hello')
      await page.getByText('Cache share').first().waitFor()
      await page.getByRole('row', { name: /^serve/ }).waitFor()
      await page.getByRole('button', { name: 'Days' }).click()
      await page.getByRole('img', { name: /^Usage from / }).waitFor()
      await page.getByRole('button', { name: 'Hours' }).click()
      await page.getByRole('img', { name: /^Usage from .* \d\d:\d\d to/ }).waitFor()
      await page.getByText('Within 5 hours: at most 90%').waitFor()
      await page.getByText('The same as a table').first().click()
      await page.getByRole('cell', { name: '90%' }).first().waitFor()
      expect(await inspectLooks(page, pictures, 'plan')).toEqual([])
      expect(complaints).toEqual([])
    })
  })

  it('finds a model, copies its id for agents, and tries it', async () => {
    await withConsole({}, async ({ page, emulator }) => {
      await goTo(page, 'Models')
      const [first, second] = emulator.scenario.models
      await page.getByText(/^Default$/).waitFor()
      expect(await inspectLooks(page, pictures, 'models')).toEqual([])
      await page.getByRole('searchbox').fill(second?.slug ?? '')
      await page.getByRole('heading', { name: first?.display_name ?? '', exact: true }).waitFor({ state: 'detached' })
      await page.getByRole('button', { name: `Copy openai-codex/${second?.slug}` }).click()
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`openai-codex/${second?.slug}`)
      await page.getByRole('button', { name: `Try it: ${second?.display_name}` }).click()
      expect(await page.getByLabel('Model').inputValue()).toBe(second?.slug)
      await page.getByLabel('Reasoning').selectOption('high')
      await page.getByLabel('Model').selectOption(first?.slug ?? '')
      await expect.poll(() => page.getByLabel('Reasoning').inputValue()).toBe('')
    })
  })

  it('streams an answer into the playground, as text whatever it is', async () => {
    const text = `<img src=x onerror="document.title='owned'"> ${'is only text, and it comes bit by bit. '.repeat(8)}`
    const answers = [{ answer: { items: [{ type: 'text' as const, text }] } }]
    await withConsole({ scenario: { answers } }, async (lab) => {
      const { page, emulator, complaints } = lab
      emulator.faults.add({ endpoint: 'responses', times: 1, slow: { chunkBytes: 400, delayMs: 60 } })
      await goTo(page, 'Playground')
      await page.getByLabel('Your question').fill('What is this?')
      await page.keyboard.press('Control+Enter')
      await page.getByRole('button', { name: 'Stop' }).waitFor()
      await page.getByText('<img src=x').waitFor()
      expect(await page.getByText(/tokens in/).count()).toBe(0)
      await page.getByText(/^gpt.* tokens in, .* out$/).waitFor()
      expect(await page.locator('.assistant .said').textContent()).toBe(text)
      expect(await page.locator('main img').count()).toBe(0)
      expect(await inspectLooks(page, pictures, 'playground')).toEqual([])
      expect(complaints).toEqual([])
    })
  })

  it('stops an answer, and says why another failed', async () => {
    await withConsole({}, async ({ page, emulator }) => {
      const slow = emulator.faults.add({ endpoint: 'responses', slow: { chunkBytes: 20, delayMs: 500 } })
      await goTo(page, 'Playground')
      await page.getByLabel('Your question').fill('Hello')
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByRole('button', { name: 'Begin anew' }).click()
      slow.remove()
      emulator.scenario.usageLimit = { resetsInSeconds: 60 }
      await page.getByLabel('Your question').fill('Hello again')
      await page.getByRole('button', { name: 'Send' }).click()
      expect(await page.locator('.turn .note').innerText()).toMatch(/limit/i)
    })
  })

  it('lists requests as they come, without their content', async () => {
    await withConsole({}, async (lab) => {
      const { page } = lab
      await goTo(page, 'Requests')
      await page.getByText('No request has come yet.').waitFor()
      expect((await askAsClient(lab, 'a secret of mine')).status).toBe(200)
      const row = page.getByRole('row', { name: /serve.*Done/ })
      await row.waitFor()
      expect(await row.innerText()).toMatch(/\/v1\/responses\s+gpt-6\.1-sol/)
      expect(await page.locator('body').innerText()).not.toContain('a secret of mine')
      await page.getByRole('row', { name: /^serve .*[1-9]\d*$/ }).waitFor()
      expect(await inspectLooks(page, pictures, 'requests')).toEqual([])
    })
  })

  it('keeps two profiles apart: adds one, uses it, and signs out of each in its own way', async () => {
    await withConsole({}, async (lab) => {
      const { page, emulator } = lab
      await goTo(page, 'Accounts')
      await page.getByLabel('Name of the profile').fill('work')
      await page.getByRole('button', { name: 'Add and sign in' }).click()
      await approve(lab, secondAccount)
      await page.getByText('The profile “work” is signed in.').first().waitFor()
      await page.getByRole('button', { name: 'Use this one: work' }).click()
      await page.getByRole('listitem').filter({ hasText: 'work' }).getByText('In use').waitFor()
      await page.getByRole('button', { name: 'Show addresses' }).click()
      await page.getByText(secondAccount.email).waitFor()
      await page.getByText(defaultAccount.email).waitFor()
      await page.getByRole('button', { name: 'Hide addresses' }).click()
      expect(await inspectLooks(page, pictures, 'accounts')).toEqual([])

      await page.getByRole('button', { name: 'Sign out…: default' }).click()
      expect(await inspectLooks(page, pictures, 'sign-out')).toEqual([])
      await page.getByLabel('Forget it here').check()
      await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
      await page.getByText('The sign-in is forgotten here. At OpenAI it lives on.').waitFor()
      expect(emulator.sessions).toHaveLength(2)

      await page.getByRole('button', { name: 'Sign out…: work' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
      await page.getByText('It is ended at OpenAI.').waitFor()
      await page.getByRole('button', { name: 'Sign in: work' }).waitFor()
      await goTo(page, 'Plan')
      await page.getByRole('button', { name: 'Get a code' }).waitFor()
    })
  })

  it('shows what the doctor finds', async () => {
    await withConsole({}, async ({ page }) => {
      await goTo(page, 'Doctor')
      await page.getByRole('heading', { name: /^store/ }).waitFor()
      await page.getByRole('heading', { name: /^clock/ }).waitFor()
      expect(await page.locator('main').innerText()).not.toContain(defaultAccount.email)
      expect(await inspectLooks(page, pictures, 'doctor')).toEqual([])
    })
  })

  it('speaks Chinese to whoever reads it, and keeps the language that is chosen', async () => {
    await withConsole({ locale: 'zh-CN' }, async ({ page }) => {
      await page.getByRole('heading', { name: '你的套餐' }).waitFor()
      await page.getByRole('heading', { name: '5小时内' }).waitFor()
      expect(await page.getAttribute('html', 'lang')).toBe('zh-Hans')
      expect(await inspectLooks(page, pictures, 'plan-chinese')).toEqual([])
      await goTo(page, '账号')
      expect(await inspectLooks(page, pictures, 'accounts-chinese')).toEqual([])
      await page.getByRole('button', { name: 'English' }).click()
      await page.reload()
      await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor()
      expect(await page.getAttribute('html', 'lang')).toBe('en')
    })
  })

  it('can be used by the keyboard alone', async () => {
    await withConsole({}, async ({ page }) => {
      const focused = () => page.evaluate('document.activeElement.textContent')
      await page.keyboard.press('Tab')
      expect(await focused()).toBe('Skip to the content')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN')
      await page.getByRole('navigation').getByRole('link', { name: 'Accounts' }).focus()
      await page.keyboard.press('Enter')
      await expect.poll(focused).toBe('Accounts')
      await page.getByRole('button', { name: /^Sign out/ }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor()
      expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      expect(await focused()).toBe('Sign out…')
    })
  })

  it('keeps whoever uses the keyboard where they are when a button has done its work', async () => {
    await withConsole({ isSignedIn: false }, async ({ page }) => {
      const focused = () => page.evaluate('document.activeElement.textContent')
      await page.getByRole('button', { name: 'Get a code' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Copy the code' }).waitFor()
      await expect.poll(focused).toBe('Sign in with your ChatGPT plan')
      await page.keyboard.press('Tab')
      expect(await focused()).toMatch(/codex\/device$/)
      await page.getByRole('button', { name: 'Cancel' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Try again' }).waitFor()
      await expect.poll(focused).toBe('Sign in with your ChatGPT plan')
      await page.getByRole('status').getByText('The sign-in was cancelled.').waitFor()
    })
  })

  it('leaves what a person writes, and where, as it is while other things happen', async () => {
    await withConsole({}, async (lab) => {
      const { page } = lab
      await goTo(page, 'Models')
      await page.getByRole('searchbox').fill('sol')
      await page.keyboard.press('Home')
      await askAsClient(lab, 'Hello')
      const clock = page.getByText(/ · up \d+ s/)
      const before = await clock.innerText()
      await expect.poll(() => clock.innerText()).not.toBe(before)
      await page.keyboard.type('6.1-')
      expect(await page.getByRole('searchbox').inputValue()).toBe('6.1-sol')
      await page.getByText('1 found').waitFor()
    })
  })

  it('says why somebody who was signed in has to do it again', async () => {
    await withConsole({}, async (lab) => {
      const { page, emulator } = lab
      emulator.expireRefreshTokens()
      emulator.expireAccessTokens()
      expect((await askAsClient(lab, 'Hello')).status).toBe(401)
      await page.reload()
      await page.getByText('Has to sign in again').waitFor()
      expect(await inspectLooks(page, pictures, 'ended')).toEqual([])
      await page.getByRole('main').getByRole('link', { name: 'Accounts' }).click()
      await page.getByRole('button', { name: 'Sign in: default' }).click()
      await approve(lab)
      await page.getByText('The profile “default” is signed in.').first().waitFor()
      await goTo(page, 'Plan')
      await page.getByRole('heading', { name: 'Within 5 hours' }).waitFor()
      expect(await page.getByText('Has to sign in again').count()).toBe(0)
    })
  })

  it('tells a browser without the link nothing, and one whose gateway has ended that it is gone', async () => {
    await withConsole({ staysOutside: true }, async ({ page, gateway }) => {
      await page.getByRole('heading', { name: 'Open this page from the terminal' }).waitFor()
      expect(await page.locator('body').innerText()).not.toContain('example')
      expect(await inspectLooks(page, pictures, 'locked')).toEqual([])
      await page.goto(gateway.link)
      await page.getByRole('heading', { name: 'Your plan' }).waitFor()
      gateway.child.stop('SIGTERM')
      await gateway.child.finished
      await page.getByText('Connection lost, trying again').waitFor()
      await page.getByRole('alert').getByText('The gateway does not answer.').waitFor()
    })
  })
})
