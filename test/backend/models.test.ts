import { describe, expect, it } from 'vitest'
import { checkedCodexVersion, readModels } from '../../src/backend/index.js'
import { createMemoryStore } from '../../src/core/index.js'
import { createMemoryCache } from '../support/cache.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'
import { credentialFrom, signedIn, untilExpiredMs } from '../support/signed-in.js'

async function withCache() {
  const world = await signedIn()
  const cache = createMemoryCache()
  const { session, clock } = world
  return { ...world, cache, read: (force = false) => readModels(session, { cache, clock, force }) }
}

describe('the models', () => {
  it('are the ones on offer, best first, hidden ones left out', async () => {
    const { session, clock } = await signedIn()
    const { models, source, fetchedAtMs } = await readModels(session, { clock })
    expect(models.map(({ id }) => id)).toEqual(['gpt-6.1-sol', 'gpt-6-luna', 'gpt-5.5'])
    expect({ source, fetchedAtMs }).toEqual({ source: 'network', fetchedAtMs: clock.now() })
    expect(models[0]).toEqual({
      id: 'gpt-6.1-sol',
      name: 'GPT-6.1-Sol',
      description: 'For coding and everyday work.',
      contextWindow: 272_000,
      maxContextWindow: 272_000,
      reasoningLevels: ['low', 'medium', 'high'],
      defaultReasoningLevel: 'medium',
      inputModalities: ['text', 'image'],
      supportsImages: true,
      supportsParallelToolCalls: true,
      supportsVerbosity: true,
    })
  })

  it('are asked for as the Codex version that was checked, or as another', async () => {
    const { session } = await signedIn()
    expect(checkedCodexVersion).toBe('0.169.0')
    const { models } = await readModels(session, { clientVersion: '0.200.0' })
    expect(models.map(({ id }) => id)).toContain('gpt-7-preview')
  })

  it('are read from whatever the catalogue leaves out or gets wrong', async () => {
    const { session, emulator } = await signedIn()
    const models = [
      { slug: 'b', supported_reasoning_levels: ['low', 7, { effort: 'high' }, {}, null] },
      { slug: 'a', priority: 2, display_name: 7, context_window: 'big', description: '' },
      { display_name: 'no slug' },
      { slug: '' },
      { slug: 7 },
      null,
      'text',
      { slug: 'hidden', visibility: 'hide', priority: 1 },
    ]
    emulator.faults.add({ endpoint: 'models', body: { models } })
    expect((await readModels(session)).models).toEqual([
      { id: 'a', name: 'a', reasoningLevels: [] },
      { id: 'b', name: 'b', reasoningLevels: ['low', 'high'] },
    ])
  })

  it('tell what the catalogue says of their limits, plans and successor', async () => {
    const { session, emulator } = await signedIn()
    const entry = {
      slug: 'gpt-5.5',
      input_modalities: ['text'],
      supports_parallel_tool_calls: false,
      support_verbosity: 'yes',
      available_in_plans: ['plus', 7, 'pro'],
      max_context_window: 872_000,
      upgrade: { model: 'gpt-6-sol', retirement_at: null },
    }
    emulator.faults.add({ endpoint: 'models', body: { models: [entry] } })
    expect((await readModels(session)).models).toEqual([
      {
        id: 'gpt-5.5',
        name: 'gpt-5.5',
        reasoningLevels: [],
        inputModalities: ['text'],
        supportsImages: false,
        supportsParallelToolCalls: false,
        plans: ['plus', 'pro'],
        maxContextWindow: 872_000,
        successor: 'gpt-6-sol',
      },
    ])
  })

  it('may be none', async () => {
    const { session, emulator } = await signedIn()
    emulator.faults.add({ endpoint: 'models', body: { models: [] } })
    expect((await readModels(session)).models).toEqual([])
  })
})

describe('the cache of the models', () => {
  it('is used for five minutes', async () => {
    const { read, emulator, clock } = await withCache()
    const first = await read()
    await clock.advance(4 * 60_000)
    expect(await read()).toEqual({ ...first, source: 'cache', ageMs: 4 * 60_000 })
    expect(emulator.counters.requests.models).toBe(1)
    await clock.advance(61_000)
    expect((await read()).source).toBe('network')
    expect(emulator.counters.requests.models).toBe(2)
  })

  it('asks, when it is forced or old, only whether anything changed', async () => {
    const { read, emulator } = await withCache()
    const first = await read()
    const again = await read(true)
    expect(again.models).toEqual(first.models)
    expect(emulator.log.map(({ status }) => status)).toEqual([200, 304])
    emulator.scenario.models = emulator.scenario.models.slice(1)
    expect((await read(true)).models).toHaveLength(first.models.length - 1)
    expect(emulator.log.at(-1)?.status).toBe(200)
  })

  it('counts five minutes from a 304 anew', async () => {
    const { read, emulator, clock } = await withCache()
    await read()
    await clock.advance(6 * 60_000)
    await read()
    await clock.advance(4 * 60_000)
    expect((await read()).source).toBe('cache')
    expect(emulator.counters.requests.models).toBe(2)
  })

  it('is not used for another account, another version or another backend', async () => {
    const { cache, session, openSession, emulator, clock } = await withCache()
    await readModels(session, { cache, clock })
    const other = await credentialFrom(emulator, { ...emulator.accounts[0]!, accountId: 'other', userId: 'other' })
    const theirs = openSession({ store: createMemoryStore(other) })
    expect((await readModels(theirs, { cache, clock })).source).toBe('network')
    expect((await readModels(theirs, { cache, clock, clientVersion: '0.1.0' })).source).toBe('network')
    expect(emulator.log.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('is one for each client version, which keeps its own ETag', async () => {
    const { session, cache, clock, emulator } = await withCache()
    const versions = ['0.169.0', '0.200.0', '../0.200.0/x', '0.169.0', '0.200.0', '../0.200.0/x']
    for (const clientVersion of versions) await readModels(session, { cache, clock, clientVersion, force: true })
    expect(emulator.log.map(({ status }) => status)).toEqual([200, 200, 200, 304, 304, 304])
    for (const name of cache.texts.keys()) expect(name).toMatch(/^models[\w.-]*$/)
  })

  it('holds what is read, and not the long instructions', async () => {
    const { read, cache } = await withCache()
    const { models } = await read()
    expect(cache.texts.get('models')).not.toContain('base_instructions')
    expect((await read()).models).toEqual(models)
  })

  it.each(['nonsense', '[]', '{}', '{"key":1}'])('is none when it holds %s', async (text) => {
    const { read, cache } = await withCache()
    cache.texts.set('models', text)
    expect((await read()).source).toBe('network')
  })

  it('does not keep an answer that is no list of models', async () => {
    const { read, emulator, cache } = await withCache()
    emulator.faults.add({ endpoint: 'models', body: {}, times: 1 })
    expect(await caughtCode(read())).toBe('ERR_UPSTREAM_BAD_RESPONSE')
    expect(cache.texts.size).toBe(0)
    expect((await read()).models).toHaveLength(3)
  })

  it('is old when it comes from the future, as after the clock was put right', async () => {
    const { session, cache, clock } = await withCache()
    const ahead = { ...clock, now: () => clock.now() + 24 * 3_600_000 }
    await readModels(session, { cache, clock: ahead })
    expect((await readModels(session, { cache, clock })).source).toBe('network')
  })

  it('holds no token', async () => {
    const { read, cache, credential } = await withCache()
    await read()
    const text = [...cache.texts.values()].join('\n')
    for (const secret of [credential.accessToken, credential.refreshToken, credential.idToken])
      expect(text).not.toContain(secret?.reveal())
  })
})

describe('an old list of models', () => {
  const passing = [
    ['ERR_UPSTREAM_UNAVAILABLE', { status: 503 }],
    ['ERR_UPSTREAM_RATE_LIMITED', { status: 429 }],
    ['ERR_UPSTREAM_EDGE_BLOCKED', { status: 403, html: '<html></html>' }],
    ['ERR_NETWORK_UNREACHABLE', { drop: 'before' }],
  ] as const

  it.each(passing)('has to do while asking fails with %s, and says so: %j', async (code, fault) => {
    const { read, emulator, clock } = await withCache()
    const first = await read()
    await clock.advance(20 * 60_000)
    const added = emulator.faults.add({ endpoint: 'models', ...fault })
    for (const force of [false, true]) {
      const { failure, ...list } = await read(force)
      expect(list).toEqual({ ...first, source: 'cache', ageMs: 20 * 60_000 })
      expect(failure?.code).toBe(code)
    }
    added.remove()
    expect(await read()).toMatchObject({ source: 'network', ageMs: 0 })
    expect(await read()).not.toHaveProperty('failure')
  })

  it.each([
    ['ERR_UPSTREAM_UNAUTHORIZED', { status: 401 }],
    ['ERR_TOKEN_WRONG_ORIGIN', { status: 404, html: '<html></html>' }],
    ['ERR_UPSTREAM_REJECTED', { status: 400 }],
    ['ERR_UPSTREAM_REDIRECT', { status: 302, headers: { location: 'https://elsewhere.test/' } }],
    ['ERR_UPSTREAM_BAD_RESPONSE', { body: {} }],
  ] as const)('does not hide %s, which somebody has to do something about', async (code, fault) => {
    const { read, emulator, clock } = await withCache()
    await read()
    await clock.advance(20 * 60_000)
    emulator.faults.add({ endpoint: 'models', ...fault })
    expect(await caughtCode(read())).toBe(code)
  })

  it('does not hide a token that has ended', async () => {
    const { read, clock } = await withCache()
    await read()
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(read())).toBe('ERR_TOKEN_EXPIRED')
  })
})

describe('the list that came with this package', () => {
  it('is given when it is asked for and there is no other, with its own date', async () => {
    const { session, emulator, clock, cache } = await withCache()
    const added = emulator.faults.add({ endpoint: 'models', status: 503 })
    const list = await readModels(session, { cache, clock, fallback: true })
    const fetchedAtMs = Date.UTC(2026, 10, 13)
    expect(list).toMatchObject({ source: 'fallback', fetchedAtMs, failure: { code: 'ERR_UPSTREAM_UNAVAILABLE' } })
    expect(list.models.map(({ id }) => id)).toContain('gpt-5.5')
    expect(new Set(list.models.map(({ id }) => id)).size).toBe(list.models.length)
    expect(cache.texts.size).toBe(0)
    added.remove()
    expect((await readModels(session, { cache, clock, fallback: true })).source).toBe('network')
  })

  it('is not given before an old list of the account’s own', async () => {
    const { read, session, emulator, clock, cache } = await withCache()
    await read()
    await clock.advance(20 * 60_000)
    emulator.faults.add({ endpoint: 'models', status: 503 })
    expect((await readModels(session, { cache, clock, fallback: true })).source).toBe('cache')
  })

  it('is not given unasked, nor in the place of an error of the sign-in', async () => {
    const { session, emulator } = await signedIn()
    emulator.faults.add({ endpoint: 'models', status: 503, times: 1 })
    expect(await caughtCode(readModels(session))).toBe('ERR_UPSTREAM_UNAVAILABLE')
    emulator.faults.add({ endpoint: 'models', status: 401 })
    expect(await caughtCode(readModels(session, { fallback: true }))).toBe('ERR_UPSTREAM_UNAUTHORIZED')
  })
})

describe('reading the models', () => {
  it('never refreshes', async () => {
    const { session, emulator, clock } = await signedIn()
    await clock.advance(untilExpiredMs)
    expect(await caughtCode(readModels(session))).toBe('ERR_TOKEN_EXPIRED')
    expect(emulator.log).toEqual([])
  })

  it.each([
    ['ERR_UPSTREAM_BAD_RESPONSE', { body: [] }],
    ['ERR_UPSTREAM_BAD_RESPONSE', { html: '<html></html>' }],
    ['ERR_UPSTREAM_UNAVAILABLE', { status: 503 }],
    ['ERR_UPSTREAM_UNAUTHORIZED', { status: 401 }],
    ['ERR_UPSTREAM_EDGE_BLOCKED', { status: 403, html: '<html></html>' }],
    ['ERR_NETWORK_UNREACHABLE', { drop: 'before' }],
    ['ERR_NETWORK_UNREACHABLE', { truncateAfterBytes: 10 }],
  ] as const)('is %s when the answer is %j', async (code, fault) => {
    const { session, emulator } = await signedIn()
    emulator.faults.add({ endpoint: 'models', ...fault })
    expect(await caughtCode(readModels(session))).toBe(code)
  })

  it('says so when a web page comes in the place of the list', async () => {
    const { session, emulator } = await signedIn()
    emulator.faults.add({ endpoint: 'models', html: '<!doctype html><title>Welcome to our hotel</title>' })
    const { summary } = await caughtAuthError(readModels(session))
    expect(summary).toBe('In the place of the models came a web page, as of a network’s sign-in or of another server.')
  })

  it('is not taken in by a 304 to a question it never asked', async () => {
    const { session, emulator } = await signedIn()
    emulator.faults.add({ endpoint: 'models', status: 304 })
    expect(await caughtCode(readModels(session))).toBe('ERR_UPSTREAM_REJECTED')
  })
})
