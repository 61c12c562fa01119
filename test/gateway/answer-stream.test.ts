import { describe, expect, it } from 'vitest'
import { longestSilenceMs } from '../../src/backend/index.js'
import { openAnswer, type Translate } from '../../src/gateway/answer-stream.js'
import { Departure } from '../../src/gateway/departure.js'
import { createRequestLog } from '../../src/gateway/request-log.js'
import { createStallGuard } from '../../src/gateway/stall-guard.js'
import type { ByteReceiver } from '../../src/network/index.js'
import { createFakeClock } from '../../src/testing/index.js'
import { caught } from '../support/caught.js'

const bytes = new Uint8Array([1])
const withoutBrakes = { pause: () => undefined, resume: () => undefined, cancel: () => undefined }

/** Hands everything on, the second piece as the last. */
const untilSecond: Translate = (handOn) => {
  let count = 0
  return {
    get hasBegun() {
      return count > 0
    },
    get isOver() {
      return count === 2
    },
    push(chunk) {
      count += 1
      handOn(chunk)
    },
    end: () => undefined,
  }
}

/** An answer over a source that a test moves, whose reader wants to wait after each piece. */
async function slowlyRead() {
  const clock = createFakeClock()
  const source = { isPaused: false, isCancelled: false, receiver: undefined as ByteReceiver | undefined }
  const record = createRequestLog(clock).begin({ client: 'tests', method: 'POST', path: '/v1/responses' })
  const opening = openAnswer(
    {
      start: (receiver) => void (source.receiver = receiver),
      pause: () => void (source.isPaused = true),
      resume: () => void (source.isPaused = false),
      cancel: () => void (source.isCancelled = true),
    },
    untilSecond,
    { record, clock, stalls: createStallGuard(1000, clock), question: new Departure(), onEnd: () => undefined },
  )
  source.receiver?.bytes(bytes)
  const answer = await opening
  answer.start({ bytes: () => answer.pause(), end: () => undefined, fail: () => undefined })
  return { clock, source, record }
}

describe('an answer whose last event is out', () => {
  it('reads its source on to the end, though its reader waits, so that the connection can be used again', async () => {
    const { source, record } = await slowlyRead()
    expect(source.isPaused).toBe(true)
    source.receiver?.bytes(bytes)
    expect({ isPaused: source.isPaused, state: record.entry.state }).toEqual({ isPaused: false, state: 'done' })
    source.receiver?.end()
    expect(source.isCancelled).toBe(false)
  })

  it('gives a source a second to end', async () => {
    const { clock, source } = await slowlyRead()
    source.receiver?.bytes(bytes)
    await expect.poll(() => clock.advance(100).then(() => source.isCancelled)).toBe(true)
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(1000)
  })
})

describe('an answer that is told as a whole', () => {
  it('is waited for as long as something of it comes, and has then gone silent', async () => {
    const clock = createFakeClock()
    const gathering: Translate = () => ({ hasBegun: true, isOver: false, push: () => undefined, end: () => undefined })
    let receiver: ByteReceiver | undefined
    const source = { start: (taker: ByteReceiver) => void (receiver = taker), ...withoutBrakes }
    const record = createRequestLog(clock).begin({ client: 'tests', method: 'POST', path: '/v1/responses' })
    const stalls = createStallGuard(longestSilenceMs, clock)
    const watch = { record, clock, stalls, question: new Departure(), onEnd: () => undefined }
    const outcome = { error: undefined as unknown }
    openAnswer(source, gathering, watch).catch((error: unknown) => (outcome.error = error))
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await clock.advance(60_000)
      receiver?.bytes(bytes)
    }
    expect(outcome.error).toBeUndefined()
    const untilGivenUp = () => clock.advance(60_000).then(() => outcome.error)
    await expect.poll(untilGivenUp).toMatchObject({ code: 'ERR_NETWORK_TIMEOUT' })
    expect(String(outcome.error)).toContain('The answer went silent for 300 seconds.')
  })
})

describe('an answer whose client has left before it is opened', () => {
  it('is not opened, and its source is let go', async () => {
    const clock = createFakeClock()
    const question = new Departure()
    question.leave()
    const did: string[] = []
    const note = (what: string) => () => void did.push(what)
    const source = { start: note('start'), pause: note('pause'), resume: note('resume'), cancel: note('cancel') }
    const record = createRequestLog(clock).begin({ client: 'tests', method: 'POST', path: '/v1/responses' })
    const watch = { record, clock, stalls: createStallGuard(1000, clock), question, onEnd: () => undefined }
    expect(await caught(openAnswer(source, untilSecond, watch))).toMatchObject({ name: 'AbortError' })
    expect(did).toEqual(['cancel'])
  })
})
