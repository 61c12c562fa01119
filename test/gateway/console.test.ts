import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/core/index.js'
import { fromSession, type ConsoleEvent, type ConsoleSignIn } from '../../src/gateway/index.js'
import { signedIn } from '../support/signed-in.js'
import { openConsole } from './console-lab.js'
import { question } from './gateway-lab.js'

/** The events of a page, as they come. */
function eventReader(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const events: ConsoleEvent[] = []
  let text = ''
  return {
    /** The next one that fits. */
    async next<Type extends ConsoleEvent['type']>(
      type: Type,
      fits: (event: Extract<ConsoleEvent, { type: Type }>) => boolean = () => true,
    ): Promise<Extract<ConsoleEvent, { type: Type }>> {
      const isWanted = (event: ConsoleEvent): event is Extract<ConsoleEvent, { type: Type }> =>
        event.type === type && fits(event as Extract<ConsoleEvent, { type: Type }>)
      for (;;) {
        const index = events.findIndex(isWanted)
        const [found] = index === -1 ? [] : events.splice(0, index + 1).slice(-1)
        if (found && isWanted(found)) return found
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done) throw new Error(`The stream ended without ${type}.`)
        text += value
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1]
          if (data !== undefined) events.push(JSON.parse(data) as ConsoleEvent)
        }
      }
    },
    ended: async () => (await reader?.read())?.done,
    close: () => reader?.cancel(),
  }
}

/** A sign-in that the test takes through its steps. */
function scriptedSignIn() {
  const orders: Parameters<ConsoleSignIn>[0][] = []
  const waiting: { resolve: () => void; reject: (error: unknown) => void }[] = []
  const signIn: ConsoleSignIn = (order) => {
    orders.push(order)
    order.showDeviceCode({ verificationUrl: 'https://auth.example/device', userCode: 'ABCD-1234', expiresAtMs: 5000 })
    return new Promise((resolve, reject) => {
      waiting.push({ resolve: () => resolve({ warnings: ['Look out.'] }), reject })
      order.signal.addEventListener('abort', () => reject(order.signal.reason))
    })
  }
  return { orders, signIn, last: () => waiting.at(-1) }
}

describe('the state of the console', () => {
  it('tells who is signed in, in full and masked, the models, the usage and the clients', async () => {
    const { get, clock } = await openConsole({ client: { models: ['gpt-6.1-sol'], dailyTokens: 500 } })
    const state: unknown = await (await get('/api/state')).json()
    expect(state).toMatchObject({
      gateway: { baseUrl: 'http://127.0.0.1:8787/v1', startedAtMs: clock.now(), running: 0, maximumRunning: 64 },
      currentProfile: 'default',
      profiles: [
        {
          name: 'default',
          isCurrent: true,
          state: 'valid',
          isSignedIn: true,
          account: { email: 'ada@example.test', maskedEmail: 'a•••@e•••.test', maskedAccountId: '…ed-1' },
        },
      ],
      signIn: { state: 'idle' },
      models: { state: 'known', source: 'network' },
      usage: { state: 'known', planType: 'plus' },
      clients: [{ name: 'tests', models: ['gpt-6.1-sol'], dailyTokens: 500, usedTodayTokens: 0 }],
    })
    const { models } = (state as { models: { models: { id: string; pickerId: string; isDefault: boolean }[] } }).models
    expect(models[0]).toMatchObject({ pickerId: `openai-codex/${models[0]?.id}`, isDefault: true })
    expect(models.filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  it('tells what could not be had, and the rest all the same', async () => {
    const { get, emulator } = await openConsole()
    emulator.faults.add({ endpoint: 'usage', status: 503 })
    expect(await (await get('/api/state?fresh=1')).json()).toMatchObject({
      models: { state: 'known' },
      usage: { state: 'unknown', failure: { code: 'ERR_UPSTREAM_UNAVAILABLE', advice: expect.any(String) } },
    })
  })

  it('refreshes nothing when it is only looked at, and what is due when it is asked for anew', async () => {
    const { get, emulator, clock } = await openConsole()
    await clock.advance(2 * 60 * 60 * 1000)
    expect(await (await get('/api/state')).json()).toMatchObject({ usage: { state: 'unknown' } })
    expect(emulator.counters.refresh.ok).toBe(0)
    expect(await (await get('/api/state?fresh=1')).json()).toMatchObject({ usage: { state: 'known' } })
    expect(emulator.counters.refresh.ok).toBe(1)
  })

  it('holds no token and no key', async () => {
    const { get, credential, key } = await openConsole()
    const text = await (await get('/api/state')).text()
    for (const secret of [credential.accessToken.reveal(), credential.refreshToken?.reveal() ?? '', key]) {
      expect(text).not.toContain(secret.slice(-24))
    }
  })
})

describe('a sign-in from the console', () => {
  it('shows its code live, and who came', async () => {
    const { signIn, orders, last } = scriptedSignIn()
    const { get, post } = await openConsole({ console: { signIn } })
    const events = eventReader(await get('/api/events'))
    expect((await events.next('sign-in')).signIn).toEqual({ state: 'idle' })
    expect((await post('/api/sign-in', { switchAccount: true })).status).toBe(202)
    expect((await events.next('sign-in', (event) => event.signIn.state === 'waiting')).signIn).toMatchObject({
      profile: 'default',
      userCode: 'ABCD-1234',
      verificationUrl: 'https://auth.example/device',
    })
    expect(orders).toMatchObject([{ profile: 'default', switchAccount: true }])
    expect(await (await post('/api/sign-in')).json()).toMatchObject({ state: 'waiting' })
    expect(orders).toHaveLength(1)
    last()?.resolve()
    const done = { state: 'done', profile: 'default', warnings: ['Look out.'] }
    expect((await events.next('sign-in', (event) => event.signIn.state === 'done')).signIn).toEqual(done)
    await events.next('profiles')
    await events.next('models')
    await events.close()
  })

  it('can be cancelled, and says why it failed', async () => {
    const { signIn, last } = scriptedSignIn()
    const { post, get } = await openConsole({ console: { signIn } })
    await post('/api/sign-in')
    expect(await (await post('/api/sign-in/cancel')).json()).toEqual({ state: 'cancelled', profile: 'default' })
    await post('/api/sign-in', { profile: 'work' })
    last()?.reject(new AuthError('ERR_SIGN_IN_DENIED', 'Somebody said no.'))
    await expect
      .poll(async () => (await (await get('/api/state')).json()) as object)
      .toMatchObject({
        signIn: {
          state: 'failed',
          profile: 'work',
          failure: { code: 'ERR_SIGN_IN_DENIED', message: 'Somebody said no.' },
        },
      })
  })

  it.each(['../default', '', 'a b', '.gateway'])('is for no profile called %j', async (profile) => {
    const { signIn, orders } = scriptedSignIn()
    const { post } = await openConsole({ console: { signIn } })
    expect((await post('/api/sign-in', { profile })).status).toBe(400)
    expect(orders).toEqual([])
  })
})

describe('a sign-out from the console', () => {
  it.each([
    ['forget', { removed: true, revocation: 'not-asked', failure: null }, 0],
    ['revoke', { removed: true, revocation: 'revoked', failure: null }, 1],
    ['sign-out', { removed: true, revocation: 'revoked', failure: null }, 1],
  ])('%s does that and says so', async (how, expected, revocations) => {
    const { post, get, emulator } = await openConsole()
    const answer = await post('/api/sign-out', { how })
    expect(await answer.json()).toEqual(expected)
    expect(emulator.counters.requests.revoke).toBe(revocations)
    expect(await (await get('/api/state')).json()).toMatchObject({ profiles: [{ state: 'absent', account: null }] })
  })

  it('refuses what is not one', async () => {
    const { post } = await openConsole()
    expect((await post('/api/sign-out', { how: 'all' })).status).toBe(400)
    expect((await post('/api/sign-out', { how: 'forget', profile: 'nobody' })).status).toBe(404)
  })
})

describe('the profiles of the console', () => {
  it('are switched: requests are answered with the other one from then on', async () => {
    const [home, work] = [await signedIn(), await signedIn()]
    const remembered: string[] = []
    const sessions = { home: home.session, work: work.session }
    const { ask, get, post } = await openConsole({
      profiles: {
        first: 'home',
        names: async () => ['home', 'work'],
        open: (name) => fromSession(sessions[name as 'home' | 'work'], { name }).open(name),
        remember: async (name) => void remembered.push(name),
      },
    })
    await (await ask('/v1/responses', question())).text()
    expect(await (await post('/api/profile', { name: 'work' })).json()).toMatchObject({ currentProfile: 'work' })
    await (await ask('/v1/responses', question())).text()
    expect([home, work].map(({ emulator }) => emulator.counters.requests.responses)).toEqual([1, 1])
    expect(remembered).toEqual(['work'])
    expect((await post('/api/profile', { name: 'nobody' })).status).toBe(404)
    expect(await (await get('/api/state')).json()).toMatchObject({
      profiles: [
        { name: 'home', isCurrent: false },
        { name: 'work', isCurrent: true },
      ],
    })
  })
})

describe('what the console tells of requests', () => {
  it('lists them live, without anything of what was said', async () => {
    const { ask, get } = await openConsole()
    const events = eventReader(await get('/api/events'))
    const body = question({ input: 'a secret of mine', stream: true })
    await (await ask('/v1/responses', body)).text()
    const { request } = await events.next('request', (event) => event.request.state === 'done')
    expect(request).toMatchObject({
      client: 'tests',
      path: '/v1/responses',
      model: 'gpt-6.1-sol',
      isStream: true,
      status: 200,
    })
    expect(request.tokens?.inputTokens).toBeGreaterThan(0)
    const { requests } = (await (await get('/api/requests')).json()) as { requests: object[] }
    expect(JSON.stringify(requests)).not.toContain('a secret')
    expect(requests).toEqual([request])
    await events.close()
  })

  it('counts tokens by model, by client and by day', async () => {
    const { ask, get, post } = await openConsole()
    await (await ask('/v1/responses', question())).text()
    await (await post('/v1/responses', { model: 'gpt-6.1-sol', input: 'Hello' })).text()
    const tokens: unknown = await (await get('/api/tokens')).json()
    expect(tokens).toMatchObject({ total: { requests: 2 }, byModel: [{ model: 'gpt-6.1-sol', requests: 2 }] })
    const { byClient, byDay } = tokens as { byClient: { client: string }[]; byDay: object[] }
    expect(byClient.map(({ client }) => client).toSorted()).toEqual(['console', 'tests'])
    expect(byDay).toHaveLength(1)
  })

  it('tells what the doctor finds', async () => {
    const finding = { name: 'clock', state: 'warn' as const, summary: 'It is late.', advice: 'Sleep.', code: null }
    const { get } = await openConsole({ console: { examine: async (profile) => [{ ...finding, name: profile }] } })
    expect(await (await get('/api/doctor')).json()).toEqual({ findings: [{ ...finding, name: 'default' }] })
  })

  it('masks whose sign-in it is in what the doctor finds', async () => {
    const finding = { name: 'account', state: 'ok' as const, advice: 'Ask ada@example.test.', code: null }
    const summary = 'ada@example.test (plus), workspace account-emulated-1; valid'
    const { get } = await openConsole({ console: { examine: async () => [{ ...finding, summary }] } })
    expect(await (await get('/api/doctor')).json()).toMatchObject({
      findings: [{ summary: 'a•••@e•••.test (plus), workspace …ed-1; valid', advice: 'Ask a•••@e•••.test.' }],
    })
  })

  it('ends its streams when the gateway is stopped', async () => {
    const { gateway, get } = await openConsole()
    const events = eventReader(await get('/api/events'))
    await events.next('profiles')
    gateway.drain()
    expect(await events.ended()).toBe(true)
  })
})
