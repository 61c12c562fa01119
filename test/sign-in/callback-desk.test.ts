import { describe, expect, it, onTestFinished } from 'vitest'
import { AuthError, silentLogger } from '../../src/core/index.js'
import { createState } from '../../src/core/oauth.js'
import { openCallbackDesk } from '../../src/sign-in/callback-desk.js'
import { listenOnLoopback } from '../../src/sign-in/loopback-listener.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { dial, isListening, visit, type VisitOptions } from './loopback-client.js'

const code = 'ac_canary.0123456789abcdefghijklmnopqrstuv'

async function openDesk() {
  const listener = await listenOnLoopback(0)
  const { port } = listener
  const state = createState()
  const desk = openCallbackDesk({ listener, attempt: { state }, program: 'Lab & Co', logger: silentLogger })
  onTestFinished(() => desk.conclude({ error: undefined }))
  const good = `/auth/callback?code=${encodeURIComponent(code)}&scope=openid&state=${state}`
  return { desk, port, state, good, ask: (path: string, options?: VisitOptions) => visit(port, path, options) }
}

/** A browser that came back and waits: it is waiting once the code is known. */
async function waitingBrowser() {
  const lab = await openDesk()
  const answer = lab.ask(lab.good)
  expect((await lab.desk.code).reveal()).toBe(code)
  return { ...lab, answer }
}

const tooLong = new AuthError('ERR_SIGN_IN_FAILED', 'It <b>failed</b> & "ended".', { advice: "Don't <i>worry</i>." })

describe('a callback', () => {
  it('is answered when the sign-in has ended, with a redirect to an address without the code', async () => {
    const { desk, ask, answer } = await waitingBrowser()
    const concluded = desk.conclude({ signedIn: true })
    expect(await answer).toMatchObject({ status: 302, headers: { location: '/success' }, body: '' })
    const page = await ask('/success')
    expect(page.body).toContain('<h1>You are signed in</h1>')
    await concluded
  })

  it('that is loaded again while it waits gets the same answer as the first', async () => {
    const { desk, ask, good, answer } = await waitingBrowser()
    const again = ask(good)
    const other = ask(good.replace('code=', 'code=other'))
    await ask('/favicon.ico')
    void desk.conclude({ error: tooLong })
    const pages = await Promise.all([answer, again, other])
    expect(new Set(pages.map(({ body }) => body)).size).toBe(1)
    expect((await desk.code).reveal()).toBe(code)
  })

  it('is told why the sign-in failed, with the code of the error, and everything is escaped', async () => {
    const { desk, answer } = await waitingBrowser()
    void desk.conclude({ error: tooLong })
    const { status, body } = await answer
    expect(status).toBe(200)
    expect(body).toContain('ERR_SIGN_IN_FAILED')
    expect(body).toContain('It &lt;b&gt;failed&lt;/b&gt; &amp; &quot;ended&quot;.')
    expect(body).toContain('Don&#39;t &lt;i&gt;worry&lt;/i&gt;.')
    expect(body).toContain('Lab &amp; Co')
    expect(body).not.toMatch(/<[bi]>/)
  })

  it('of another attempt is refused, and the sign-in goes on', async () => {
    const { desk, ask, good } = await openDesk()
    const foreign = await ask(`/auth/callback?code=${code}&state=${createState()}`)
    expect(foreign).toMatchObject({ status: 400, body: expect.stringContaining('State mismatch') })
    const answer = ask(good)
    await desk.code
    void desk.conclude({ error: tooLong })
    expect(await answer).toMatchObject({ status: 200 })
  })

  it('that contradicts itself is refused, and the sign-in goes on', async () => {
    const { desk, ask, good } = await openDesk()
    expect(await ask(`${good}&code=second`)).toMatchObject({ status: 400, body: expect.stringContaining('damaged') })
    expect(await ask(`${good}&state=bad`)).toMatchObject({ status: 400, body: expect.stringContaining('mismatch') })
    const answer = ask(good)
    expect((await desk.code).reveal()).toBe(code)
    void desk.conclude({ error: tooLong })
    await answer
  })

  it('with a failure of the server is answered at once, as often as it is asked', async () => {
    const { desk, ask, state } = await openDesk()
    const path = `/auth/callback?error=access_denied&error_description=The%20user%20said%20no&state=${state}`
    const page = await ask(path)
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('ERR_SIGN_IN_DENIED') })
    expect(page.body).toContain('The user said no')
    const error = await caughtAuthError(desk.code)
    expect(error.code).toBe('ERR_SIGN_IN_DENIED')
    expect(await ask(path)).toEqual(expect.objectContaining({ body: page.body }))
  })

  it('may come over ::1 and under the name localhost', async () => {
    const { desk, port, good } = await openDesk()
    const answer = visit(port, good, { host: '::1', headers: { host: `localhost:${port}` } })
    expect((await desk.code).reveal()).toBe(code)
    void desk.conclude({ error: tooLong })
    expect((await answer).status).toBe(200)
  })
})

describe('what is no visit of the callback', () => {
  it.each(['HEAD', 'POST', 'PUT', 'OPTIONS'])('%s spends nothing', async (method) => {
    const { desk, ask, good } = await openDesk()
    expect(await ask(good, { method })).toMatchObject({ status: 405, headers: { allow: 'GET' } })
    await desk.conclude({ error: tooLong })
    expect(await caught(desk.code)).toBe(tooLong)
  })

  it.each([{ 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }])('%o spends nothing', async (headers) => {
    const { desk, ask, good } = await openDesk()
    expect((await ask(good, { headers })).status).toBe(503)
    await desk.conclude({ error: tooLong })
    expect(await caught(desk.code)).toBe(tooLong)
  })

  it.each(['evil.test:PORT', '127.0.0.1:1', '127.0.0.1', 'localhost.evil.test:PORT', '127.0.0.1:PORT.evil.test'])(
    'a request to the host %s is refused, whatever its path',
    async (name) => {
      const { ask, port, good } = await openDesk()
      const headers = { host: name.replace('PORT', String(port)) }
      for (const path of [good, '/cancel', '/success', '/']) expect((await ask(path, { headers })).status).toBe(421)
    },
  )

  it.each([
    '/auth/callback/',
    '/AUTH/callback',
    '//auth/callback',
    '/auth/callback%20',
    '/auth//callback',
    '/x/../auth/callback',
    '/favicon.ico',
    '/',
    '/success',
    '/success?code=1',
    '/constructor',
    'http://127.0.0.1/auth/callback',
  ])('%s is not found', async (path) => {
    const { ask, good } = await openDesk()
    expect(await ask(good.replace('/auth/callback', path))).toMatchObject({ status: 404, body: 'Not Found' })
  })
})

describe('GET /cancel', () => {
  it.each(['/cancel', '/cancel?x=1'])('%s ends the sign-in, says so, and gives up the port', async (path) => {
    const { desk, ask, port } = await openDesk()
    const page = await ask(path)
    expect(page).toMatchObject({ status: 200, headers: { connection: 'close' } })
    expect(page.body).toContain('<h1>The sign-in was cancelled</h1>')
    expect(await caughtAuthError(desk.code)).toMatchObject({ code: 'ERR_SIGN_IN_CANCELLED' })
    await desk.conclude({ error: tooLong })
    expect(await isListening(port)).toBe(false)
  })

  it('that a page of another site sends, as an image would, ends nothing', async () => {
    const { ask } = await openDesk()
    expect((await ask('/cancel', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
    expect((await ask('/')).status).toBe(404)
  })

  it('comes too late once the browser has brought its code', async () => {
    const { desk, ask, answer } = await waitingBrowser()
    expect((await ask('/cancel')).status).toBe(409)
    void desk.conclude({ signedIn: true })
    expect((await answer).status).toBe(302)
    await ask('/success')
  })
})

describe('a page', () => {
  async function pages() {
    const { desk, ask, good, answer } = await waitingBrowser()
    const foreign = await ask(good.replace('state=', 'state=x'))
    const broken = await ask(`${good}&code=2`)
    void desk.conclude({ signedIn: true })
    const redirect = await answer
    const success = await ask('/success')
    const failed = await waitingBrowser()
    void failed.desk.conclude({ error: tooLong })
    const secrets = [code, good.slice(-43), failed.good.slice(-43)]
    return { pages: [foreign, broken, success, await failed.answer], redirect, secrets }
  }

  it('is kept by nobody, sends no referrer, and runs and loads nothing', async () => {
    const { pages: all, redirect } = await pages()
    for (const { headers, body } of all) {
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        connection: 'close',
        'content-length': String(Buffer.byteLength(body)),
      })
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /)
      expect(body).not.toMatch(/<script|https?:|javascript:|\son\w+=/)
    }
    expect(redirect.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  })

  it('and its headers hold no code and no state', async () => {
    const { pages: all, redirect, secrets } = await pages()
    const text = JSON.stringify([...all, redirect])
    for (const secret of secrets) expect(text.includes(secret)).toBe(false)
  })

  it('names its language, its title and its main part', async () => {
    for (const { body } of (await pages()).pages) {
      const title = /<h1>([^<]+)<\/h1>/.exec(body)?.[1]
      expect(body).toContain('<html lang="en">')
      expect(body).toContain(`<title>${title} · Lab &amp; Co</title>`)
      expect(body.match(/<main|<h1/g)).toEqual(['<main', '<h1'])
    }
  })
})

describe('an end of the sign-in', () => {
  const endings = {
    'a store that cannot be written': {
      error: new AuthError('ERR_STORE_WRITE', 'The file could not be written.'),
      says: ['Your sign-in could not be saved', 'ERR_STORE_WRITE'],
    },
    'a workspace that is not allowed': {
      error: new AuthError('ERR_SIGN_IN_WRONG_ACCOUNT', 'Somebody else signed in.'),
      says: ['This is another account', 'ERR_SIGN_IN_WRONG_ACCOUNT'],
    },
    'an abort': { error: new DOMException('stop', 'AbortError'), says: ['The sign-in was cancelled'] },
    'an error nobody expected': { error: new TypeError(`secret ${code}`), says: ['Sign-in could not be completed'] },
  }
  it.each(Object.entries(endings))('by %s has words of its own', async (_name, { error, says }) => {
    const { desk, answer } = await waitingBrowser()
    void desk.conclude({ error })
    const { body } = await answer
    for (const words of says) expect(body).toContain(words)
    expect(body).not.toContain('secret')
  })

  it('releases the port as soon as the browser has its success page', async () => {
    const { desk, ask, answer, port } = await waitingBrowser()
    const startMs = performance.now()
    const concluded = desk.conclude({ signedIn: true })
    await answer
    await ask('/success')
    await concluded
    expect(performance.now() - startMs).toBeLessThan(1000)
    expect(await isListening(port)).toBe(false)
  })

  it('waits two seconds, and no longer, for a browser that does not follow to the success page', async () => {
    const { desk, answer, port } = await waitingBrowser()
    const concluded = desk.conclude({ signedIn: true })
    await answer
    const startMs = performance.now()
    await concluded
    expect(performance.now() - startMs).toBeLessThan(3500)
    expect(await isListening(port)).toBe(false)
  })

  it('waits for nobody when the browser has gone, or never came', async () => {
    const { desk, ask, port, good } = await openDesk()
    const browser = await dial(port, `GET ${good} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    await desk.code
    browser.resetAndDestroy()
    await ask('/favicon.ico')
    const other = await openDesk()
    const startMs = performance.now()
    await other.desk.conclude({ signedIn: true })
    await desk.conclude({ signedIn: true })
    expect(performance.now() - startMs).toBeLessThan(1500)
    expect(await caughtAuthError(other.desk.code)).toMatchObject({ code: 'ERR_SIGN_IN_CANCELLED' })
  })

  it('is said once: what is said later changes nothing', async () => {
    const { desk, answer } = await waitingBrowser()
    const first = desk.conclude({ error: tooLong })
    const second = desk.conclude({ signedIn: true })
    expect((await answer).body).toContain('ERR_SIGN_IN_FAILED')
    await Promise.all([first, second])
  })
})
