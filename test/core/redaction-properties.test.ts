import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { toStreamError, toUpstreamError } from '../../src/backend/index.js'
import {
  codexProvider,
  describeFailure,
  readFailedResponse,
  toOneSafeLine,
  type JsonObject,
} from '../../src/core/index.js'
import {
  processAuthorizationCodeResponse,
  processDevicePollResponse,
  processRefreshResponse,
  processRevocationResponse,
  processUserCodeResponse,
} from '../../src/core/oauth.js'
import { processWhoamiResponse } from '../../src/sources/index.js'

/** Tokens, codes and verifiers: long, and of mixed letters and digits, as chance makes them. */
const secret = fc
  .tuple(fc.constantFrom('rt_', 'at-', 'ac_', 'sk-', 'eyJ', ''), fc.uint8Array({ minLength: 24, maxLength: 240 }))
  .map(([prefix, bytes]) => prefix + Buffer.from(bytes).toString('base64url'))
  .filter((text) => /[0-9]/.test(text) && /[A-Z]/.test(text) && /[g-z]/.test(text))

const around = fc.constantFrom('', ' ', '"', "'", '=', ':', '/', 'Bearer ', 'token=', '&', '\n', '<b>', '{', '\\')
const status = fc.constantFrom(200, 302, 400, 401, 403, 404, 409, 429, 500, 503)
const headerNames = ['x-request-id', 'x-openai-request-id', 'cf-ray', 'cf-mitigated', 'retry-after', 'location', 'date']

/** Where a server may say it. */
const bodies: ((words: string) => string)[] = [
  (words) => words,
  (words) => `<!doctype html><title>${words}</title>`,
  (words) => '{"access_token": "' + words,
  ...[
    (words: string) => ({ error: words }),
    (words: string) => ({ error: 'invalid_grant', error_description: words }),
    (words: string) => ({ error: { message: words, code: words, type: words } }),
    (words: string) => ({ error: { code: 'refresh_token_reused', message: words, param: words } }),
    (words: string) => ({ error: { type: 'usage_limit_reached', message: words, plan_type: words } }),
    (words: string) => ({ code: words }),
    (words: string) => ({ detail: words }),
    (words: string) => ({ detail: `The model ${words} is not supported` }),
    (words: string) => ({ [words]: words }),
    (words: string) => ({ access_token: `${words} `, id_token: words, refresh_token: words }),
    (words: string) => ({ device_auth_id: words, user_code: words, interval: words }),
    (words: string) => ({ authorization_code: '', code_verifier: words }),
    (words: string) => ({ chatgpt_user_id: words, email: words }),
    (words: string) => [words],
  ].map((shape) => (words: string) => JSON.stringify(shape(words))),
]

const readers: Record<string, (response: Response) => Promise<unknown>> = {
  refresh: processRefreshResponse,
  code: processAuthorizationCodeResponse,
  userCode: (response) => processUserCodeResponse(codexProvider, response, 0),
  poll: (response) => processDevicePollResponse(codexProvider, response),
  revocation: processRevocationResponse,
  whoami: processWhoamiResponse,
  backend: (response) => toUpstreamError(response, 0),
  description: async (response) => describeFailure(await readFailedResponse(response)),
}

/** Everything that a program may print of what it was thrown or given. */
function print(shown: unknown): string {
  const stack = shown instanceof Error ? `${shown.message} ${shown.stack}` : ''
  return `${stack} ${String(shown)} ${inspect(shown, { depth: Infinity, showHidden: true })} ${JSON.stringify(shown)}`
}

function expectNoStretch(text: string, hidden: string): void {
  const [where, what] = [text.toLowerCase(), hidden.toLowerCase()]
  for (let start = 0; start + 24 <= what.length; start += 1) {
    expect(where.includes(what.slice(start, start + 24)), `${text} shows ${hidden.slice(start, start + 24)}`).toBe(
      false,
    )
  }
}

it('no stretch of a secret survives in somebody else’s words', () => {
  fc.assert(
    fc.property(secret, around, around, fc.nat(320), (hidden, before, after, padding) => {
      expectNoStretch(toOneSafeLine(`${'so '.repeat(padding / 3)}${before}${hidden}${after} it ends`), hidden)
    }),
  )
})

it('no stretch of a secret in an answer shows in what is made of the answer', async () => {
  const place = fc.record({ status, body: fc.constantFrom(...bodies), header: fc.constantFrom(...headerNames) })
  const reader = fc.constantFrom(...Object.keys(readers))
  await fc.assert(
    fc.asyncProperty(secret, around, around, place, reader, async (hidden, before, after, where, name) => {
      const body = where.body(`${before}${hidden}${after}`)
      const response = new Response(body, { status: where.status, headers: { [where.header]: hidden } })
      const shown = await readers[name]?.(response).catch((error: unknown) => error)
      // What a reader accepts is the caller's own, secrets included.
      const isSaid = shown instanceof Error || typeof shown === 'string'
      expectNoStretch(isSaid ? print(shown) : '', hidden)
    }),
    { numRuns: 2000 },
  )
})

it('no stretch of a secret in an event of a stream shows in the error that is made of it', () => {
  const event = fc.constantFrom<(words: string) => JsonObject>(
    (words) => ({ message: words }),
    (words) => ({ code: words }),
    (words) => ({ type: words }),
    (words) => ({ code: 'usage_limit_reached', message: words }),
  )
  fc.assert(
    fc.property(secret, around, event, (hidden, before, toEvent) => {
      expectNoStretch(print(toStreamError(toEvent(`${before}${hidden}`), 0)), hidden)
    }),
  )
})
