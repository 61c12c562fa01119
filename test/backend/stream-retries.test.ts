import { describe, expect, it } from 'vitest'
import { streamResponse, type ResponseRequest, type StreamOptions } from '../../src/backend/index.js'
import type { Clock, ErrorCode } from '../../src/core/index.js'
import type { Fault } from '../../src/testing/index.js'
import { caught, caughtAuthError } from '../support/caught.js'
import { signedIn } from '../support/signed-in.js'

const question: ResponseRequest = { model: 'gpt-5.5', instructions: 'Be brief.', input: [] }
const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }]

/** Asks once the faults are set up, and says what came of it and how many requests and how much waiting it took. */
async function ask(faults: Omit<Fault, 'endpoint'>[], options: StreamOptions = {}) {
  const { session, emulator, clock } = await signedIn()
  for (const fault of faults) emulator.faults.add({ endpoint: 'responses', times: 1, ...fault })
  const waits: number[] = []
  const watched: Clock = {
    now: () => clock.now(),
    sleep: (milliseconds, signal) => {
      waits.push(milliseconds)
      return clock.sleep(milliseconds, signal)
    },
  }
  const types: string[] = []
  const reading = (async () => {
    for await (const { type } of streamResponse(session, { ...question, input }, { clock: watched, ...options }))
      types.push(type)
  })()
  const over = reading.then(
    () => true,
    () => true,
  )
  const tick = async () => {
    await clock.advance(10)
    return false
  }
  while (!(await Promise.race([over, tick()])));
  const requests = emulator.log.filter(({ endpoint }) => endpoint === 'responses').length
  // The timers of the answer itself are minutes long.
  return { reading, types, requests, waits: waits.filter((waitMs) => waitMs < 60_000), clock }
}

const broken = { status: 503, body: { error: { message: 'Overloaded.' } } }

describe('a failure that may pass', () => {
  it.each<[string, Omit<Fault, 'endpoint'>]>([
    ['of the backend', broken],
    ['of the connection', { drop: 'before' }],
    ['of the connection, after the request', { drop: 'after' }],
    ['that is a stream without any event', { status: 200, body: '' }],
    ['that is a stream of comments', { status: 200, body: ': ping\n\n' }],
    ['that is too many requests for a moment', { status: 429, headers: { 'retry-after': '1' } }],
  ])('%s is tried again', async (_, fault) => {
    const { reading, types, requests } = await ask([fault])
    await reading
    expect(types.at(-1)).toBe('response.completed')
    expect(requests).toBe(2)
  })

  it('is waited out a little longer each time, and no more often than told', async () => {
    const { reading, requests, waits } = await ask([broken, broken, broken])
    expect((await caughtAuthError(reading)).code).toBe('ERR_UPSTREAM_UNAVAILABLE')
    expect(requests).toBe(3)
    expect(waits).toEqual([200, 400])
  })

  it('is final where retries are off', async () => {
    const { reading, requests } = await ask([broken], { retries: 0 })
    expect((await caughtAuthError(reading)).code).toBe('ERR_UPSTREAM_UNAVAILABLE')
    expect(requests).toBe(1)
  })

  it('waits as long as the server asks, when that is short', async () => {
    const { reading, waits } = await ask([{ ...broken, headers: { 'retry-after': '2' } }])
    await reading
    expect(waits).toEqual([2000])
  })

  it('leaves no timer behind', async () => {
    const { clock } = await ask([broken, broken])
    expect(clock.sleeping).toBe(0)
  })
})

describe('a failure that is thrown at once', () => {
  it.each<[string, ErrorCode, Omit<Fault, 'endpoint'>]>([
    ['a longer wait', 'ERR_UPSTREAM_RATE_LIMITED', { status: 429, headers: { 'retry-after': '3' } }],
    ['a longer wait for a broken backend', 'ERR_UPSTREAM_UNAVAILABLE', { ...broken, headers: { 'retry-after': '60' } }],
    ['too many requests without end', 'ERR_UPSTREAM_RATE_LIMITED', { status: 429 }],
    [
      'the limit of the plan',
      'ERR_UPSTREAM_USAGE_LIMIT',
      { status: 429, body: { error: { type: 'usage_limit_reached' } } },
    ],
    ['a bad request', 'ERR_UPSTREAM_REJECTED', { status: 400, body: { detail: 'Unsupported parameter: x' } }],
    ['a page of the edge', 'ERR_UPSTREAM_EDGE_BLOCKED', { status: 403, html: '<html>Just a moment...</html>' }],
    ['an answer that is no stream', 'ERR_UPSTREAM_BAD_RESPONSE', { status: 200, html: '<html></html>' }],
    ['a stream that is cut after its first event', 'ERR_UPSTREAM_STREAM_CUT', { truncateAfterBytes: 600 }],
  ])('is %s: %s', async (_, code, fault) => {
    const { reading, requests, waits } = await ask([fault])
    expect((await caughtAuthError(reading)).code).toBe(code)
    expect(requests).toBe(1)
    expect(waits).toEqual([])
  })

  it('tells how long the server asked to wait', async () => {
    const { reading } = await ask([{ status: 429, headers: { 'retry-after': '3600' } }])
    expect(await caughtAuthError(reading)).toMatchObject({ retryAfterMs: 3_600_000 })
  })
})

describe('an answer that never comes', () => {
  it('is a timeout of the first event, headers included, and is not tried again', async () => {
    const { reading, requests, clock } = await ask([{ delayMs: 50_000 }], { timeouts: { firstEventMs: 10_000 } })
    const error = await caughtAuthError(reading)
    expect(error.code).toBe('ERR_NETWORK_TIMEOUT')
    expect(error.message).toContain('did not begin for 10 seconds')
    expect(requests).toBe(1)
    expect(clock.sleeping).toBe(0)
  })

  it('is given up by an abort while it is waited out', async () => {
    const { session, emulator, clock } = await signedIn()
    emulator.faults.add({ endpoint: 'responses', ...broken })
    const controller = new AbortController()
    const events = streamResponse(session, { ...question, input }, { clock, signal: controller.signal })
    const first = caught(events.next())
    await clock.advance(100)
    controller.abort()
    expect(await first).toBe(controller.signal.reason)
    expect(clock.sleeping).toBe(0)
  })
})
