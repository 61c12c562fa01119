import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ModelNotAvailableError,
  RequestRejectedError,
  toStreamError,
  toUpstreamError,
  UsageLimitError,
} from '../../src/backend/index.js'
import { AuthError, isAuthError, type ErrorCode, type JsonObject } from '../../src/core/index.js'
import { caughtAuthError } from '../support/caught.js'
import { jwt } from '../support/jwt.js'
import { signedIn } from '../support/signed-in.js'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const nowSeconds = nowMs / 1000
const page = '<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>'

async function errorOf(status: number, body: unknown, headers: Record<string, string> = {}): Promise<AuthError> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return toUpstreamError(new Response(text, { status, headers }), nowMs)
}

async function usageLimitOf(error: JsonObject, headers: Record<string, string> = {}): Promise<UsageLimitError> {
  const thrown = await errorOf(429, { error: { type: 'usage_limit_reached', message: 'no', ...error } }, headers)
  if (!(thrown instanceof UsageLimitError)) throw new Error('This is no usage limit.', { cause: thrown })
  return thrown
}

describe('a usage limit', () => {
  it.each<[string, JsonObject, number]>([
    ['the moment', { resets_at: nowSeconds + 90 }, 90_000],
    ['the wait', { resets_in_seconds: 60 }, 60_000],
    ['the moment before the wait', { resets_at: nowSeconds + 90, resets_in_seconds: 60 }, 90_000],
    ['a moment between quotes', { resets_at: String(nowSeconds + 90) }, 90_000],
    ['a wait between quotes', { resets_in_seconds: '60' }, 60_000],
    ['a moment that is over', { resets_at: nowSeconds - 90 }, -90_000],
    ['a wait of nothing', { resets_at: 0, resets_in_seconds: 0 }, 0],
  ])('tells its reset from %s', async (_, told, expectedMs) => {
    const error = await usageLimitOf(told)
    const retryAfterMs = Math.max(0, expectedMs)
    expect(error).toMatchObject({ resetsAtMs: nowMs + expectedMs, retryAfterMs, resetSource: 'answer' })
    expect(error.message).toContain(`until ${new Date(nowMs + expectedMs).toISOString()}.`)
  })

  it.each<[string, JsonObject]>([
    ['neither', {}],
    ['null', { resets_at: null, resets_in_seconds: null }],
    ['a moment beyond all calendars', { resets_at: 1e300 }],
    ['words', { resets_at: 'soon' }],
  ])('has no reset when it tells %s', async (_, told) => {
    const error = await usageLimitOf(told)
    expect(error).not.toHaveProperty('resetsAtMs')
    expect(error).not.toHaveProperty('retryAfterMs')
  })

  const gauges = {
    'x-codex-plan-type': 'plus',
    'x-codex-primary-used-percent': '100',
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': String(nowSeconds + 3600),
    'x-codex-secondary-used-percent': '80',
    'x-codex-secondary-window-minutes': '10080',
    'x-codex-secondary-reset-at': String(nowSeconds + 86_400),
  }

  it('takes the reset of the windows that are used up when the answer tells none, and asks nobody to wait for a gauge', async () => {
    const error = await usageLimitOf({ plan_type: 'pro' }, gauges)
    expect(error).toMatchObject({ resetsAtMs: nowMs + 3_600_000, resetSource: 'window', planType: 'pro' })
    expect(error).not.toHaveProperty('retryAfterMs')
    expect(error.limits?.windows.map(({ usedPercent }) => usedPercent)).toEqual([100, 80])
  })

  it('waits for the last of them', async () => {
    const { resetsAtMs } = await usageLimitOf({}, { ...gauges, 'x-codex-secondary-used-percent': '100' })
    expect(resetsAtMs).toBe(nowMs + 86_400_000)
  })

  it('has no reset when a window that is used up does not tell its own', async () => {
    const error = await usageLimitOf({}, { ...gauges, 'x-codex-primary-reset-at': '' })
    expect(error).not.toHaveProperty('resetsAtMs')
    expect(error.planType).toBe('plus')
  })

  it('of what the plan does not include has no reset, whatever the gauges say', async () => {
    const error = await usageLimitOf({ type: 'usage_not_included' }, gauges)
    expect(error).not.toHaveProperty('resetsAtMs')
    expect(error.summary).toBe('Your ChatGPT plan does not include this.')
  })

  it.each(['usage_not_included', 'insufficient_quota'])('is %s, too', async (code) => {
    const error = await errorOf(429, { error: { code, message: 'no' } })
    expect(error).toBeInstanceOf(UsageLimitError)
    expect(error.retryable).toBe(true)
  })
})

describe('a plain 429', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30_000],
    [
      'a date on the server’s own clock',
      { 'retry-after': 'Sat, 21 Nov 2026 13:00:30 GMT', date: 'Sat, 21 Nov 2026 13:00:00 GMT' },
      30_000,
    ],
    ['a date that is over', { 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
    ['no header', {}, undefined],
    ['words', { 'retry-after': 'later' }, undefined],
    ['a date that is none', { 'retry-after': 'Sat, 99 Nov 2026 12:00:30 GMT' }, undefined],
    ['less than nothing', { 'retry-after': '-3' }, undefined],
  ])('asks to wait as Retry-After says with %s', async (_, headers, expected) => {
    const error = await errorOf(429, {}, headers)
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_RATE_LIMITED', remedy: 'wait' })
    expect(error.retryAfterMs).toBe(expected)
  })

  it.each([
    ['Please try again in 1.5s.', 1500],
    ['Please try again in 20ms.', 20],
    ['Please try again in 3 seconds.', 3000],
    ['Please try again.', undefined],
  ])('understands %j, which is all a stream says', (message, expected) => {
    const error = toStreamError({ code: 'rate_limit_exceeded', message }, nowMs)
    expect(error.code).toBe('ERR_UPSTREAM_RATE_LIMITED')
    expect(error.retryAfterMs).toBe(expected)
  })
})

describe('a model that cannot be used', () => {
  const refused = (model: string) => `The '${model}' model is not supported when using Codex with a ChatGPT account.`

  it.each([
    ['a retired one', refused('gpt-5.3-codex'), 'retired', 'gpt-5.3-codex'],
    ['one that the server calls retired', "The model 'gpt-6-nova' has been retired.", 'retired', 'gpt-6-nova'],
    ['one of a bigger plan', 'This model is not supported on your plan. Upgrade to Pro.', 'plan', undefined],
    ['any other', refused('gpt-8'), 'unknown', 'gpt-8'],
    ['one without a name', refused(''), 'unknown', undefined],
  ])('is %s', async (_, detail, reason, model) => {
    for (const body of [{ detail }, { error: { message: detail } }]) {
      const error = await errorOf(400, body)
      expect(error).toBeInstanceOf(ModelNotAvailableError)
      expect(error).toMatchObject({ code: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE', reason })
      expect(Reflect.get(error, 'model')).toBe(model)
    }
  })

  it('says what to do for each reason', async () => {
    const advices = await Promise.all(
      ['gpt-5.2', 'gpt-8'].map(async (model) => (await errorOf(400, { detail: refused(model) })).advice),
    )
    expect(advices[0]).toContain('retired')
    expect(new Set(advices).size).toBe(2)
  })
})

describe('a refused request', () => {
  it.each([
    [{ detail: 'Unsupported parameter: temperature' }, 'temperature'],
    [{ detail: 'Store must be set to false' }, 'store'],
    [{ detail: 'Input must be a list' }, 'input'],
    [{ detail: 'Instructions are required' }, 'instructions'],
    [
      { error: { message: "Invalid 'input[3].call_id': string too long.", param: 'input[3].call_id' } },
      'input[3].call_id',
    ],
    [{ error: { message: "Invalid 'input[3].call_id': string too long.", param: null } }, 'input[3].call_id'],
    [{ error: { message: "Unknown parameter: 'foo.bar'.", param: '' } }, 'foo.bar'],
    [{ detail: [{ type: 'missing', loc: ['query', 'client_version'], msg: 'Field required' }] }, 'client_version'],
    [{ detail: [{ loc: ['body', 'input', 0, 'role'], msg: 'Bad' }] }, 'input.0.role'],
    [{ detail: 'No.' }, undefined],
    [{ detail: [null, 7] }, undefined],
    [{ error: { message: 'no', param: 7 } }, undefined],
  ])('names its field: %j', async (body, field) => {
    const error = await errorOf(400, body)
    expect(error).toBeInstanceOf(RequestRejectedError)
    expect(Reflect.get(error, 'field')).toBe(field)
    expect(error.retryable).toBe(false)
  })

  it('quotes the first of many problems', async () => {
    const error = await errorOf(422, { detail: [{ loc: ['body', 'input'], msg: 'Field required' }] })
    expect(error.summary).toBe('The backend refused the request (status 422: input: Field required).')
  })

  it('keeps the backend’s own code', async () => {
    const body = { error: { message: 'no', code: 'invalid_encrypted_content', type: 'invalid_request_error' } }
    expect(await errorOf(400, body)).toMatchObject({ upstreamCode: 'invalid_encrypted_content', status: 400 })
  })
})

const rows: readonly (readonly [what: string, status: number, body: unknown, code: ErrorCode])[] = [
  ['too long', 400, { error: { code: 'context_length_exceeded' } }, 'ERR_UPSTREAM_CONTEXT_TOO_LONG'],
  ['cyber', 400, { error: { code: 'cyber_policy' } }, 'ERR_UPSTREAM_CONTENT_POLICY'],
  ['misalignment', 403, { error: { code: 'misalignment_policy_violation' } }, 'ERR_UPSTREAM_CONTENT_POLICY'],
  [
    'flagged',
    400,
    { error: { code: 'invalid_prompt', message: 'Invalid prompt: your prompt was flagged as potentially violating' } },
    'ERR_UPSTREAM_CONTENT_POLICY',
  ],
  ['a prompt that is wrong', 400, { error: { code: 'invalid_prompt', message: 'Bad.' } }, 'ERR_UPSTREAM_REJECTED'],
  ['at capacity', 503, { error: { code: 'server_is_overloaded' } }, 'ERR_UPSTREAM_UNAVAILABLE'],
  ['a page of a look-alike', 404, page, 'ERR_TOKEN_WRONG_ORIGIN'],
  ['a page for a wrong method', 405, page, 'ERR_TOKEN_WRONG_ORIGIN'],
  ['another server', 404, '404 page not found', 'ERR_TOKEN_WRONG_ORIGIN'],
  ['another framework', 404, { detail: 'Not Found' }, 'ERR_TOKEN_WRONG_ORIGIN'],
  ['a wrong method', 405, { detail: 'Method Not Allowed' }, 'ERR_TOKEN_WRONG_ORIGIN'],
  ['the platform', 401, { error: { message: 'Missing scopes: api.responses.write' } }, 'ERR_TOKEN_WRONG_ORIGIN'],
  ['an item that is gone', 404, { error: { message: "Item with id 'rs_1' not found." } }, 'ERR_UPSTREAM_REJECTED'],
  ['a gateway', 502, page, 'ERR_UPSTREAM_UNAVAILABLE'],
]

describe('an answer that failed', () => {
  it.each(rows)('with %s (%i) is classified', async (_, status, body, code) => {
    expect((await errorOf(status, body)).code).toBe(code)
  })

  it('does not quote a page', async () => {
    for (const status of [404, 502]) expect((await errorOf(status, page)).message).not.toContain('<')
  })

  it('behind the edge is not about the sign-in', async () => {
    const error = await caughtAuthError(errorOf(403, page, { 'cf-ray': '9a1b2c3d4e5f-FRA' }))
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_EDGE_BLOCKED', remedy: 'wait' })
  })
})

describe('a failure within a stream', () => {
  it.each<[JsonObject | undefined, ErrorCode]>([
    [{ code: 'context_length_exceeded', message: 'Your input exceeds it.' }, 'ERR_UPSTREAM_CONTEXT_TOO_LONG'],
    [{ code: 'cyber_policy', message: 'no' }, 'ERR_UPSTREAM_CONTENT_POLICY'],
    [{ type: 'usage_limit_reached', resets_at: nowSeconds + 1 }, 'ERR_UPSTREAM_USAGE_LIMIT'],
    [{ code: 'slow_down' }, 'ERR_UPSTREAM_UNAVAILABLE'],
    [{ code: 'server_error', message: 'Something broke.' }, 'ERR_UPSTREAM_RESPONSE_FAILED'],
    [{}, 'ERR_UPSTREAM_RESPONSE_FAILED'],
    [undefined, 'ERR_UPSTREAM_RESPONSE_FAILED'],
  ])('of %j is %s', (error, code) => {
    expect(toStreamError(error, nowMs).code).toBe(code)
  })

  it('quotes no status, since there is none', () => {
    const { summary } = toStreamError({ code: 'server_error', message: 'Something broke.' }, nowMs)
    expect(summary).toBe('The answer failed (Something broke.).')
    expect(toStreamError({}, nowMs).summary).toBe('The answer failed (no reason given).')
  })

  it('over a WebSocket is read with the status and headers in its frame', () => {
    const frame = {
      type: 'error',
      status_code: 429,
      error: { type: 'usage_limit_reached', message: 'no', plan_type: 'plus' },
      headers: {
        'X-Codex-Primary-Used-Percent': '100',
        'X-Codex-Primary-Window-Minutes': '300',
        'X-Codex-Primary-Reset-After-Seconds': '60',
        'X-Codex-Credits-Has-Credits': 'False',
        'X-Codex-Credits-Unlimited': 'False',
        'not a header': 'x',
        'X-List': [],
      },
    }
    const error = toStreamError(frame.error, nowMs, frame)
    expect(error).toMatchObject({
      resetsAtMs: nowMs + 60_000,
      limits: { credits: { hasCredits: false, isUnlimited: false } },
    })
    const refused = toStreamError({ message: 'Unsupported parameter: user' }, nowMs, { status: 400 })
    expect(refused).toMatchObject({ code: 'ERR_UPSTREAM_REJECTED', field: 'user' })
  })
})

describe('what the emulated backend refuses', () => {
  const asked = { model: 'gpt-5.5', instructions: 'Be brief.', input: [], store: false, stream: true }

  async function refusalOf(body: JsonObject, usageLimit?: { resetsInSeconds: number }) {
    const { session, emulator, clock } = await signedIn(usageLimit && { scenario: { usageLimit } })
    const response = await session.fetch(`${emulator.backendUrl}/codex/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, ...body }),
    })
    return { error: await toUpstreamError(response, clock.now()), clock }
  }

  it.each<[string, JsonObject, object]>([
    ['a field', { temperature: 1 }, { code: 'ERR_UPSTREAM_REJECTED', field: 'temperature' }],
    ['storing', { store: true }, { code: 'ERR_UPSTREAM_REJECTED', field: 'store' }],
    ['an input that is no list', { input: 'Hello' }, { code: 'ERR_UPSTREAM_REJECTED', field: 'input' }],
    [
      'a call id that is too long',
      { input: [{ type: 'function_call', call_id: 'c'.repeat(65), name: 'look', arguments: '{}' }] },
      { code: 'ERR_UPSTREAM_REJECTED', field: 'input[0].call_id', upstreamCode: 'string_above_max_length' },
    ],
    ['a retired model', { model: 'gpt-5.2' }, { code: 'ERR_UPSTREAM_MODEL_NOT_AVAILABLE', reason: 'retired' }],
    ['an unknown model', { model: 'gpt-0' }, { model: 'gpt-0', reason: 'unknown' }],
  ])('with %s is told as data', async (_, body, expected) => {
    expect((await refusalOf(body)).error).toMatchObject(expected)
  })

  it('with a limit that is reached is told with its reset, its plan and its windows', async () => {
    const { error, clock } = await refusalOf({}, { resetsInSeconds: 600 })
    const resetsAtMs = Math.floor(clock.now() / 1000) * 1000 + 600_000
    expect(error).toMatchObject({ resetsAtMs, planType: 'plus', remedy: 'wait' })
    expect(error).toMatchObject({ limits: { windows: [{ usedPercent: 20 }, { usedPercent: 10 }] } })
  })
})

describe('whatever the backend answers', () => {
  const secrets = [jwt({ sub: 'ada' }), `rt_${'aB3-'.repeat(11)}`, 'ac_Zk3nJ8sQ2mX7pLrT0vWy9bCdEfGh']
  const secret = fc.constantFrom(...secrets)
  const headerName = fc.constantFrom(
    'retry-after',
    'x-codex-plan-type',
    'x-codex-limit-name',
    'x-codex-primary-used-percent',
    'x-codex-credits-balance',
    'x-codex-rate-limit-reached-type',
    'x-request-id',
    'date',
  )
  const body = secret.chain((token) =>
    fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom(
        token,
        ...[
          { error: { type: 'usage_limit_reached', plan_type: token, resets_at: token, message: token } },
          { error: { param: token, message: token, code: token } },
          { detail: `The '${token}' model is not supported` },
          { detail: `Unsupported parameter: ${token}` },
          { detail: [{ loc: ['body', token], msg: token }] },
        ].map((value) => JSON.stringify(value)),
      ),
    ),
  )

  it('is an AuthError that shows no token', async () => {
    const status = fc.integer({ min: 300, max: 599 }).filter((code) => code !== 304)
    await fc.assert(
      fc.asyncProperty(status, body, headerName, secret, async (code, text, header, token) => {
        const headers = { [header]: token, 'x-codex-credits-has-credits': '1', 'x-codex-credits-unlimited': '0' }
        const response = new Response(text, { status: code, headers })
        const error = await toUpstreamError(response, nowMs).catch((thrown: unknown) => thrown)
        expect(isAuthError(error)).toBe(true)
        const shown = `${inspect(error, { depth: Infinity })} ${JSON.stringify(error)} ${(error as Error).message}`
        for (const hidden of secrets) expect(shown).not.toContain(hidden.slice(0, 24))
      }),
      { numRuns: 1000 },
    )
  })

  it('is an AuthError in a stream, too', () => {
    const told = fc.dictionary(
      fc.constantFrom(
        'code',
        'type',
        'message',
        'resets_at',
        'resets_in_seconds',
        'plan_type',
        'param',
        'headers',
        'status',
      ),
      fc.oneof(fc.jsonValue(), secret, fc.constant('usage_limit_reached'), fc.double()),
    ) as fc.Arbitrary<JsonObject>
    fc.assert(
      fc.property(told, told, (error, frame) => {
        const made = toStreamError(error, nowMs, frame)
        expect(made).toBeInstanceOf(AuthError)
        for (const hidden of secrets) expect(inspect(made, { depth: Infinity })).not.toContain(hidden.slice(0, 24))
      }),
      { numRuns: 1000 },
    )
  })
})
