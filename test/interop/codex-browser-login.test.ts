import { once } from 'node:events'
import { createServer } from 'node:net'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { RequestLogEntry } from '../../src/testing/index.js'
import { caughtAuthError } from '../support/caught.js'
import { withCommandLine } from '../support/cli-lab.js'
import { createHurryingClock } from '../support/hurrying-clock.js'
import { connectLab } from './app-server-lab.js'
import { type CodexLab, withCodexLab } from './codex-lab.js'
import { describeEntry, describeUrl, expectNamedDifferences, type Traits } from './parity.js'

/**
 * Every test that makes codex listen on port 1455 is in this file, because tests of one file run one after the other.
 * A login that finds the port taken would cancel the one that holds it (real-codex 4).
 */
const callbackPort = 1455

beforeEach(async () => {
  const probe = createServer().listen(callbackPort, '127.0.0.1')
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
})

const intercepted = { interceptedHosts: ['auth.openai.com', 'chatgpt.com'] }

/** What a browser would do: ask for the authorize page, say yes or no in its form, and follow the redirects. */
async function decide(authorizeUrl: string, { listener }: CodexLab, decision: 'approve' | 'deny'): Promise<string[]> {
  const { pathname, search } = new URL(authorizeUrl)
  const decided = await fetch(`${listener.issuer}${pathname}${search}`, {
    method: 'POST',
    body: new URLSearchParams({ decision }),
    redirect: 'manual',
  })
  const visited: string[] = []
  let location = decided.headers.get('location')
  while (location !== null && visited.length < 5) {
    const { href, origin, pathname: path } = new URL(location, callbackOrigin)
    visited.push(origin + path)
    const response = await fetch(href, { redirect: 'manual' })
    await response.body?.cancel()
    location = response.headers.get('location')
  }
  return visited
}

function toTraits(entry: RequestLogEntry | undefined): Traits | undefined {
  return entry && describeEntry(entry)
}

const printedUrl = /https:\/\/auth\.openai\.com\/oauth\/authorize\S+/
const callbackOrigin = `http://127.0.0.1:${callbackPort}`

describe('codex login in a browser', () => {
  it('signs in at the address it was built with, which ends at the emulator', async () => {
    await withCodexLab(intercepted, async (lab) => {
      const login = await lab.start(['login'])
      const [url] = await login.waitForOutput(printedUrl)
      expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
        redirect_uri: `${callbackOrigin}/auth/callback`,
        code_challenge_method: 'S256',
        originator: 'codex_cli_rs',
      })
      expect(await decide(url, lab, 'approve')).toEqual([
        `${callbackOrigin}/auth/callback`,
        `${callbackOrigin}/success`,
      ])
      const { exitCode, stderr } = await login.finished
      expect(stderr).toContain('Successfully logged in')
      expect(exitCode).toBe(0)
      expect(lab.proxy.targets).toContain('auth.openai.com:443')
      expect(await lab.home.readAuth()).toMatchObject({
        auth_mode: 'chatgpt',
        OPENAI_API_KEY: expect.any(String),
        tokens: {
          account_id: 'account-emulated-1',
          oauth_provenance: { issuer: 'https://auth.openai.com', client_id: 'app_EMoamEEZ73f0CkXaXp7hrann' },
        },
      })
      const grantTypes = lab.emulator.log.flatMap(({ grantType }) => grantType ?? [])
      expect(grantTypes).toEqual(['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'])
    })
  })

  it('answers afterwards, status and logout included', async () => {
    await withCodexLab(intercepted, async (lab) => {
      const login = await lab.start(['login'])
      const [url] = await login.waitForOutput(printedUrl)
      await decide(url, lab, 'approve')
      await login.finished
      expect((await lab.run(['login', 'status'])).stderr).toContain('Logged in using ChatGPT')
      expect((await lab.run(['exec', '--skip-git-repo-check', 'say hi'])).stdout).toBe('You said: say hi\n')
      expect((await lab.run(['logout'])).exitCode).toBe(0)
      expect(lab.emulator.sessions.map(({ state }) => state)).toEqual(['revoked'])
    })
  })

  it('asks for the same page and exchanges its code as planpass does, but for what is named', async () => {
    await withCodexLab(intercepted, async (lab) => {
      const login = await lab.start(['login'])
      const [url] = await login.waitForOutput(printedUrl)
      await decide(url, lab, 'approve')
      await login.finished
      const [codexExchange, keyExchange] = lab.emulator.log.filter(({ endpoint }) => endpoint === 'token')
      lab.emulator.clearLog()
      await withCommandLine({ target: lab.listener.issuer, clock: createHurryingClock() }, async ({ start }) => {
        const ours = start(['login', '--browser', '--no-open', '--json'])
        onTestFinished(ours.interrupt)
        const [, ourUrl = ''] = await ours.waitForOutput(/"url":"([^"]+)"/)
        await decide(ourUrl, lab, 'approve')
        await ours.finished
        const [exchange, ourKeyExchange] = lab.emulator.log.filter(({ endpoint }) => endpoint === 'token')
        expectNamedDifferences([
          { name: 'authorize', codex: describeUrl(new URL(url)), planpass: describeUrl(new URL(ourUrl)) },
          { name: 'browser exchange', codex: toTraits(codexExchange), planpass: toTraits(exchange) },
          { name: 'API key exchange', codex: toTraits(keyExchange), planpass: toTraits(ourKeyExchange) },
        ])
      })
    })
  })

  it('leaves nobody signed in when the person says no', async () => {
    await withCodexLab(intercepted, async (lab) => {
      const login = await lab.start(['login'])
      const [url] = await login.waitForOutput(printedUrl)
      await decide(url, lab, 'deny')
      const { exitCode, stderr } = await login.finished
      expect(stderr).toContain('Sign-in failed: The sign-in was denied.')
      expect(exitCode).toBe(1)
      expect(await lab.home.readAuth()).toBeUndefined()
    })
  })
})

describe('codex app-server with a browser login', () => {
  it('signs in at the issuer it was told', async () => {
    await withCodexLab({}, async (lab) => {
      const { account } = await connectLab(lab)
      const login = await account.login({ type: 'chatgpt' })
      if (login.type !== 'chatgpt') throw new Error('The answer is of another kind.')
      expect(new URL(login.authUrl).origin).toBe(lab.listener.issuer)
      expect(await decide(login.authUrl, lab, 'approve')).toContain(`${callbackOrigin}/success`)
      expect(await login.completed()).toMatchObject({ loginId: login.loginId, success: true })
      expect(await account.read()).toMatchObject({ account: { email: 'ada@example.test' } })
    })
  })

  it('gives the port back when the login is cancelled', async () => {
    await withCodexLab({}, async (lab) => {
      const { account } = await connectLab(lab)
      const login = await account.login({ type: 'chatgpt' })
      expect(await account.cancelLogin('loginId' in login ? login.loginId : '')).toEqual({ status: 'canceled' })
      expect((await caughtAuthError(login.completed())).message).toContain('Login was not completed')
    })
  })
})
