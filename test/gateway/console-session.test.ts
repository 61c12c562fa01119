import { describe, expect, it } from 'vitest'
import { openConsole, redeem } from './console-lab.js'
import { model, origin } from './gateway-lab.js'

/** Everything that changes something, or uses the plan. */
const changing = [
  '/api/sign-in',
  '/api/sign-in/cancel',
  '/api/sign-out',
  '/api/profile',
  '/api/leave',
  '/v1/responses',
  '/v1/chat/completions',
]

const reading = ['/api/state', '/api/events', '/api/usage/history', '/api/tokens', '/api/requests', '/api/doctor']

describe('the link to the console', () => {
  it('opens it once, within ten minutes, with a cookie that no script and no other site can use', async () => {
    const { gateway, ask, clock } = await openConsole()
    const link = new URL(gateway.createConsoleLink() ?? '')
    expect({ path: link.pathname, search: link.search }).toEqual({ path: '/enter', search: '' })
    const ticket = link.hash.slice(1)
    const entered = await redeem(ask, ticket)
    const cookie = entered.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^planpass_console_8787=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
    expect((await redeem(ask, ticket)).status).toBe(401)
    const late = new URL(gateway.createConsoleLink() ?? '').hash.slice(1)
    await clock.advance(10 * 60 * 1000)
    expect((await redeem(ask, late)).status).toBe(401)
    expect((await redeem(ask, '')).status).toBe(401)
  })

  it('is followed by a page without anything inline, which takes the ticket out of the address', async () => {
    const { ask } = await openConsole()
    const enterPage = await ask('/enter', { headers: { authorization: '' } })
    expect(enterPage.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(await enterPage.text()).not.toMatch(/<script>|\son\w+=|style=/)
    expect(await (await ask('/enter.js')).text()).toContain('replaceState')
  })
})

describe('a console session', () => {
  it('ends after half a day', async () => {
    const { get, clock } = await openConsole()
    expect((await get('/api/requests')).status).toBe(200)
    await clock.advance(12 * 60 * 60 * 1000)
    expect((await get('/api/requests')).status).toBe(401)
  })

  it('ends when its person leaves', async () => {
    const { get, post } = await openConsole()
    const left = await post('/api/leave')
    expect(left.headers.get('set-cookie')).toMatch(/^planpass_console_8787=; Max-Age=0;/)
    expect((await get('/api/requests')).status).toBe(401)
  })

  it.each(reading)('is needed to read %s, and a key is not one', async (path) => {
    const { ask } = await openConsole()
    expect((await ask(path)).status).toBe(401)
    expect((await ask(path, { headers: { authorization: '', cookie: 'planpass_console_8787=guess' } })).status).toBe(
      401,
    )
  })

  it.each(changing)('does not answer GET at %s', async (path) => {
    const { get } = await openConsole()
    expect([404, 405]).toContain((await get(path)).status)
  })

  it('lets its page use the plan, as a client of its own', async () => {
    const { post, get } = await openConsole()
    const answer = await post('/v1/responses', { model, input: 'Hello' })
    expect(answer.status).toBe(200)
    await answer.text()
    expect(await (await get('/api/requests')).json()).toMatchObject({
      requests: [{ client: 'console', state: 'done' }],
    })
  })

  it('is opened by another link in another browser, and each has a token of its own', async () => {
    const { gateway, ask, csrf } = await openConsole()
    const ticket = new URL(gateway.createConsoleLink() ?? '').hash.slice(1)
    const cookie = (await redeem(ask, ticket)).headers.get('set-cookie')?.split(';')[0] ?? ''
    const state = await (await ask('/api/state', { headers: { authorization: '', cookie, origin } })).json()
    expect(state).toMatchObject({ csrf: expect.not.stringMatching(csrf) })
  })
})
