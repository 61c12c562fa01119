import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toPath } from '../../src/backend/normalisation-report.js'
import { normaliseRequest, type NormalisedRequest } from '../../src/backend/normalise-request.js'
import { sentFields, unsentFields } from '../../src/backend/request-fields.js'
import { isAuthError, type JsonObject } from '../../src/core/index.js'
import { signedIn } from '../support/signed-in.js'

const text = fc.oneof(fc.constantFrom('', ' ', 'Hello', 'rs_1', 'msg_1', 'fc_1'), fc.string({ maxLength: 80 }))
const callId = fc.oneof(text, fc.string({ minLength: 60, maxLength: 70 }), fc.string({ minLength: 65, maxLength: 300 }))

const part = fc.oneof(
  fc.record({ type: fc.constantFrom('input_text', 'text', 'output_text'), text }),
  fc.record({ type: fc.constantFrom('input_image', 'input_file', 'input_audio'), image_url: text }),
  fc.jsonValue({ maxDepth: 1 }),
)

const items = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom('message', null, ''),
      role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
      content: fc.oneof(text, fc.array(part, { maxLength: 3 })),
      id: text,
    },
    { requiredKeys: ['role', 'content'] },
  ),
  fc.record(
    {
      type: fc.constantFrom('reasoning', 'compaction'),
      id: text,
      encrypted_content: fc.oneof(text, fc.constant(null)),
      summary: fc.constant([]),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    {
      type: fc.constantFrom(
        'function_call',
        'function_call_output',
        'custom_tool_call',
        'custom_tool_call_output',
        'item_reference',
        'new',
      ),
      id: fc.oneof(text, fc.jsonValue({ maxDepth: 0 })),
      call_id: callId,
      output: text,
      status: text,
    },
    { requiredKeys: ['type'] },
  ),
  fc.dictionary(
    fc.constantFrom('type', 'role', 'id', 'content', '__proto__', 'constructor'),
    fc.jsonValue({ maxDepth: 1 }),
  ),
)

const known: Record<string, fc.Arbitrary<unknown>> = {
  instructions: fc.oneof(text, fc.constant(null)),
  store: fc.boolean(),
  stream: fc.boolean(),
  include: fc.array(fc.constantFrom('reasoning.encrypted_content', 'web_search_call.action.sources')),
  prompt_cache_key: fc.oneof(text, fc.string({ minLength: 64, maxLength: 70, unit: 'grapheme' })),
}

const fields = fc.record(
  Object.fromEntries(
    [...sentFields, ...unsentFields.keys()].map((name) => [
      name,
      known[name] ?? fc.oneof(fc.constantFrom(null, '', false, 0, 1), fc.jsonValue({ maxDepth: 2 })),
    ]),
  ),
  { requiredKeys: [] },
)

const asking = {
  model: fc.constant('gpt-5.5'),
  input: fc.oneof({ weight: 5, arbitrary: fc.array(items, { maxLength: 8 }) }, { weight: 1, arbitrary: text }),
}

/** Anything that may be sent, from what clients send to what nobody would. */
const requests = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.subarray([...sentFields, ...unsentFields.keys()], { maxLength: 6 }), fields, fc.record(asking))
      .map(([names, all, asked]) => ({
        ...Object.fromEntries(names.filter((name) => name in all).map((name) => [name, all[name]])),
        ...asked,
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 2 })), fc.record(asking))
      .map(([odd, asked]) => ({ ...odd, ...asked })),
  },
  { weight: 1, arbitrary: fields },
  { weight: 1, arbitrary: fc.jsonValue() },
)

/** `undefined` when the request is refused, as it may be, in so many words. */
async function normalise(body: unknown): Promise<NormalisedRequest | undefined> {
  try {
    return await normaliseRequest(body, { isForeignReasoning: (blob) => blob.length > 4 })
  } catch (error) {
    if (isAuthError(error) && /^ERR_UPSTREAM_(BAD_REQUEST|UNSUPPORTED_FIELD)$/.test(error.code)) return undefined
    throw error
  }
}

const added = new Set(['instructions', 'include', 'store', 'stream', 'prompt_cache_key'])
const rewritten = new Set([...added, 'input'])

/** Holds every difference between the two against what the report says. */
function expectExactReport(given: JsonObject, { body, report }: NormalisedRequest): void {
  const dropped = new Set(report.dropped.map(({ path }) => path))
  const changed = new Set(report.changed.map(({ path }) => path))
  expect(dropped.size).toBe(report.dropped.length)
  for (const name of Object.keys(given)) {
    expect([name, Object.hasOwn(body, name) && !added.has(name)]).toEqual([
      name,
      !dropped.has(toPath(name)) && !added.has(name),
    ])
    const isKept = !dropped.has(toPath(name)) && !rewritten.has(name)
    expect(isKept ? body[name] : given[name]).toEqual(given[name])
    dropped.delete(toPath(name))
  }
  for (const name of ['store', 'stream', 'prompt_cache_key'].filter((forced) => (given[forced] ?? null) !== null)) {
    expect([name, body[name] !== given[name]]).toEqual([name, changed.has(name)])
  }
  expect(Object.keys(body).filter((name) => !Object.hasOwn(given, name) && !added.has(name))).toEqual([])
  if (Array.isArray(given['input'])) expectExactItems(given['input'] as JsonObject[], body, dropped, changed)
  expect([...dropped]).toEqual([])
}

/** Takes what it finds out of `dropped`. */
function expectExactItems(given: JsonObject[], body: JsonObject, dropped: Set<string>, changed: Set<string>): void {
  const expected = given
    .map((item, index) => ({ item, path: `input[${index}]` }))
    .filter(({ path }) => !dropped.delete(path) && !changed.has(path))
  const sent = body['input'] as JsonObject[]
  expect(sent).toHaveLength(expected.length)
  for (const [index, { item, path }] of expected.entries()) {
    const other = sent[index] ?? {}
    for (const name of new Set([...Object.keys(item), ...Object.keys(other)])) {
      const place = `${path}.${name}`
      const isDifferent = JSON.stringify(item[name]) !== JSON.stringify(other[name])
      expect([place, isDifferent]).toEqual([place, dropped.delete(place) ? !(name in other) : changed.has(place)])
    }
  }
}

describe('any JSON at all', () => {
  it('becomes a body with nothing in it but what the backend takes, and an exact report, or is refused', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const before = JSON.stringify(given)
        const normalised = await normalise(given)
        expect(JSON.stringify(given)).toBe(before)
        if (!normalised) return
        accepted += 1
        expect(Object.keys(normalised.body).filter((name) => !sentFields.has(name))).toEqual([])
        expectExactReport(JSON.parse(before) as JsonObject, normalised)
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  it('is left alone once it is as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const once = await normalise(given)
        if (!once) return
        const twice = await normalise(once.body)
        expect(twice).toMatchObject({ body: once.body, report: { dropped: [], changed: [] } })
      }),
      { numRuns: 1000 },
    )
  })

  it('is taken by the strict backend when it was not refused before', async () => {
    const { emulator, session, provider } = await signedIn()
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const normalised = await normaliseRequest(given, { isForeignReasoning: () => true }).catch(() => undefined)
        if (normalised?.body['model'] !== 'gpt-5.5') return
        const response = await session.fetch(`${provider.backendUrl}/codex/responses`, {
          method: 'POST',
          body: JSON.stringify(normalised.body),
        })
        expect([response.status, response.ok || (await response.text())]).toEqual([200, true])
        await response.body?.cancel()
      }),
      { numRuns: 500 },
    )
    expect(emulator.log.length).toBeGreaterThan(100)
  })
})
