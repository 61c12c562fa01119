import { describe, expect, it } from 'vitest'
import { toErrorAnswer, UsageLimitError } from '../../src/backend/index.js'
import { AuthError, errorTable } from '../../src/core/index.js'
import { findAuthError } from '../../src/openai/index.js'
import { createFakeClock } from '../../src/testing/index.js'

const clock = createFakeClock()
const ours = new AuthError('ERR_SIGN_IN_REQUIRED', 'Nobody is signed in.')

/** An error of the `openai` client: the status stands before the words, the answer's own words in `error`. */
function clientError(headers: Record<string, string>, message: string): Error {
  return Object.assign(new Error(`429 ${message}`), { headers: new Headers(headers), error: { message } })
}

describe('our error in what a client threw', () => {
  it.each([
    ['the error itself', ours],
    ['a cause', new Error('Connection error.', { cause: ours })],
    ['a cause of a cause', new Error('one', { cause: new Error('two', { cause: ours }) })],
    ['the last of many tries', Object.assign(new Error('Failed after 3.'), { errors: [new Error('first'), ours] })],
  ])('is found as %s', (_, error) => {
    expect(findAuthError(error, clock)).toBe(ours)
  })

  it('is preferred to what the answer around it told', () => {
    const wrapped = Object.assign(clientError({ 'x-planpass-code': 'ERR_NETWORK_TIMEOUT' }, 'Too late.'), {
      cause: ours,
    })
    expect(findAuthError(wrapped, clock)).toBe(ours)
  })

  it.each(Object.entries(errorTable))('is read back from an answer: %s', (code, { advice, remedy }) => {
    const error = findAuthError(clientError({ 'x-planpass-code': code }, `It failed. ${advice}`), clock)
    expect(error).toMatchObject({ code, summary: 'It failed.', advice, remedy, message: `It failed. ${advice}` })
  })

  it('keeps advice that is not the usual one, and words without any', () => {
    const read = (message: string) =>
      findAuthError(clientError({ 'x-planpass-code': 'ERR_CONFIG_URL' }, message), clock)
    expect(read('It failed. Do this instead.')).toMatchObject({ summary: 'It failed.', advice: 'Do this instead.' })
    expect(read('It failed')).toMatchObject({ summary: 'It failed', advice: errorTable.ERR_CONFIG_URL.advice })
  })

  it('is read back from the headers that the AI SDK keeps, too', () => {
    const responseHeaders = {
      'x-planpass-code': 'ERR_UPSTREAM_RATE_LIMITED',
      'retry-after': '7',
      'x-request-id': 'req_1',
    }
    const error = Object.assign(new Error('Too many. Slow down and try again.'), { responseHeaders })
    expect(findAuthError(error, clock)).toMatchObject({
      code: 'ERR_UPSTREAM_RATE_LIMITED',
      summary: 'Too many.',
      retryAfterMs: 7000,
      requestId: 'req_1',
    })
  })

  it('knows when a used up plan is usable again, if the answer told', () => {
    const headers = { 'x-planpass-code': 'ERR_UPSTREAM_USAGE_LIMIT' }
    const told = findAuthError(clientError({ ...headers, 'retry-after': '60' }, 'Used up.'), clock)
    const untold = findAuthError(clientError(headers, 'Used up.'), clock)
    expect([told, untold]).toEqual([expect.any(UsageLimitError), expect.any(UsageLimitError)])
    expect(told).toMatchObject({ resetsAtMs: clock.now() + 60_000 })
    expect(untold).not.toHaveProperty('resetsAtMs')
  })

  it('knows it to the second, and on which plan, from what the answer says of the limit', async () => {
    const limit = new UsageLimitError('Used up.', { resetsAtMs: 1_800_000_000_000, planType: 'plus' })
    const answer = toErrorAnswer(limit)
    const body = (await answer.json()) as { error: object }
    const byClient = Object.assign(new Error('429'), { headers: answer.headers, error: body.error })
    const responseHeaders = Object.fromEntries(answer.headers)
    const bySdk = Object.assign(new Error('Used up.'), { responseHeaders, responseBody: JSON.stringify(body) })
    for (const error of [byClient, bySdk]) {
      expect(findAuthError(error, clock)).toMatchObject({ resetsAtMs: 1_800_000_000_000, planType: 'plus' })
    }
  })

  it.each([
    ['nothing', undefined],
    ['a text', 'Something failed.'],
    ['an error of somebody else', new Error('Something failed.', { cause: new TypeError('fetch failed') })],
    ['an answer with a code that is not ours', clientError({ 'x-planpass-code': 'toString' }, 'It failed.')],
    ['headers that are none', Object.assign(new Error('It failed.'), { headers: { 'x-planpass-code': 7 } })],
  ])('is not found in %s', (_, error) => {
    expect(findAuthError(error, clock)).toBeUndefined()
  })

  it('is looked for in errors that contain each other, and the search ends', () => {
    const one = new Error('one')
    const two = new Error('two', { cause: one })
    one.cause = two
    expect(findAuthError(one, clock)).toBeUndefined()
  })
})
