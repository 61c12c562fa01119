import { describe, expect, it } from 'vitest'
import { refusals } from '../../../src/testing/backend/refusals.js'
import { sealReasoning } from '../../../src/testing/backend/sealed-reasoning.js'
import type { RuleName } from '../../../src/testing/rules.js'
import {
  acceptedBody,
  createBackendUnderTest,
  doneItems,
  grace,
  nowMs,
  readEvents,
  userMessage,
} from './backend-under-test.js'

interface Case {
  readonly rule: RuleName
  readonly what: string
  readonly change: object
  readonly status: number
  readonly answer: object
}

const { instructions: _, ...withoutInstructions } = acceptedBody
const longCallId = 'call_'.padEnd(65, 'x')
const sealed = sealReasoning('A thought.', 'account-emulated-1')
const altered = sealed.slice(0, 30) + (sealed[30] === 'A' ? 'B' : 'A') + sealed.slice(31)
const foreign = sealReasoning('A thought.', grace.accountId)
const reasoning = (blob: string) => ({ type: 'reasoning', summary: [], encrypted_content: blob })
const withItem = (item: object) => ({ ...acceptedBody, input: [userMessage('Hello'), item] })

const notFound = (id: string) => ({
  error: {
    message:
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. ` +
      'Try again with `store` set to true, or remove this item from your input.',
    type: 'invalid_request_error',
    param: 'input',
    code: 'item_not_found',
  },
})

const unverified = (blob: string) => ({
  error: {
    message: `The encrypted content ${blob.slice(0, 4)}...${blob.slice(-4)} could not be verified.`,
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_encrypted_content',
  },
})

const cases: readonly Case[] = [
  {
    rule: 'store-must-be-false',
    what: 'a body that would be stored',
    change: { ...acceptedBody, store: true },
    status: 400,
    answer: { detail: 'Store must be set to false' },
  },
  {
    rule: 'stream-must-be-true',
    what: 'a body that asks for no stream',
    change: { ...acceptedBody, stream: false },
    status: 400,
    answer: { detail: 'Stream must be set to true' },
  },
  ...['max_output_tokens', 'temperature', 'previous_response_id', 'metadata'].map((field) => ({
    rule: 'unsupported-field' as const,
    what: `the member ${field}`,
    change: { ...acceptedBody, [field]: 1 },
    status: 400,
    answer: { detail: `Unsupported parameter: ${field}` },
  })),
  {
    rule: 'input-must-be-a-list',
    what: 'input that is text',
    change: { ...acceptedBody, input: 'Hello' },
    status: 400,
    answer: { detail: 'Input must be a list' },
  },
  {
    rule: 'instructions-required',
    what: 'a body without instructions',
    change: withoutInstructions,
    status: 400,
    answer: { detail: 'Instructions are required' },
  },
  {
    rule: 'no-system-message',
    what: 'a system message',
    change: withItem({ role: 'system', content: 'Be brief.' }),
    status: 400,
    answer: { detail: 'System messages are not allowed' },
  },
  {
    rule: 'known-model',
    what: 'a model that is not in the catalogue',
    change: { ...acceptedBody, model: 'gpt-4' },
    status: 400,
    answer: { detail: "The 'gpt-4' model is not supported when using Codex with a ChatGPT account." },
  },
  {
    rule: 'call-id-length',
    what: 'a call id of 65 characters',
    change: withItem({ type: 'function_call_output', call_id: longCallId, output: '' }),
    status: 400,
    answer: {
      error: {
        message:
          "Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
        type: 'invalid_request_error',
        param: 'input[1].call_id',
        code: 'string_above_max_length',
      },
    },
  },
  ...[
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'clock', arguments: '{}' },
    { type: 'item_reference', id: 'anything' },
  ].map((item) => ({
    rule: 'no-echoed-item-id' as const,
    what: `the id of an echoed ${item.type}`,
    change: withItem(item),
    status: 404,
    answer: notFound(item.id),
  })),
  {
    rule: 'no-altered-reasoning',
    what: 'reasoning that was altered',
    change: withItem(reasoning(altered)),
    status: 400,
    answer: unverified(altered),
  },
  {
    rule: 'no-altered-reasoning',
    what: 'reasoning of another account',
    change: withItem(reasoning(foreign)),
    status: 400,
    answer: unverified(foreign),
  },
  {
    rule: 'no-altered-reasoning',
    what: 'reasoning the emulator never sealed',
    change: withItem(reasoning('made up')),
    status: 400,
    answer: unverified('made up'),
  },
]

describe('a rule of responses', () => {
  it.each(cases)('$rule refuses $what', async ({ change, status, answer }) => {
    const response = await createBackendUnderTest().post(change)
    expect({ status: response.status, body: await response.json() }).toEqual({ status, body: answer })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })

  it.each(cases)('$rule lets $what pass once it is switched off', async ({ rule, change }) => {
    expect((await createBackendUnderTest([rule]).post(change)).status).toBe(200)
  })

  it('is in this table, whichever it is', () => {
    expect(new Set(cases.map(({ rule }) => rule))).toEqual(new Set(refusals.map(({ name }) => name)))
  })
})

describe('what Codex itself sends', () => {
  const codexHeaders = { 'x-codex-turn-metadata': '{}' }

  it('may lack instructions and may echo ids', async () => {
    const body = { ...withoutInstructions, input: [{ type: 'message', id: 'msg_1', role: 'user', content: 'Hello' }] }
    expect((await createBackendUnderTest().post(body, codexHeaders)).status).toBe(200)
  })

  it('is held to every other rule', async () => {
    const response = await createBackendUnderTest().post({ ...acceptedBody, temperature: 0 }, codexHeaders)
    expect(await response.json()).toEqual({ detail: 'Unsupported parameter: temperature' })
  })
})

describe('a conversation', () => {
  it('goes on when the items come back whole and without their ids', async () => {
    const { scenario, post } = createBackendUnderTest()
    scenario.answers = [
      {
        answer: {
          items: [
            { type: 'reasoning', summary: 'Hm.' },
            { type: 'text', text: 'Hi.' },
          ],
        },
      },
    ]
    const items = doneItems(await readEvents(await post(acceptedBody)))
    const echoed = items.map(({ id: _id, ...item }) => item)
    const input = [...acceptedBody.input, ...echoed, userMessage('And?')]
    expect((await post({ ...acceptedBody, input })).status).toBe(200)
    expect((await post({ ...acceptedBody, input }, { authorization: 'Bearer grace' })).status).toBe(400)
  })
})

describe('the context window', () => {
  const longBody = { ...acceptedBody, input: [userMessage('x'.repeat(4 * 272_000))] }

  it('ends the stream in failure when the input is longer', async () => {
    const events = await readEvents(await createBackendUnderTest().post(longBody))
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'context_length_exceeded' } },
    })
  })

  it('has no end once its rule is switched off', async () => {
    const events = await readEvents(await createBackendUnderTest(['context-window']).post(longBody))
    expect(events.at(-1)?.type).toBe('response.completed')
  })
})

describe('a usage limit', () => {
  it('is a 429 that tells when to come back', async () => {
    const { scenario, post } = createBackendUnderTest()
    scenario.usageLimit = { resetsInSeconds: 600 }
    const response = await post(acceptedBody)
    expect(response.status).toBe(429)
    expect(await response.json()).toEqual({
      error: {
        type: 'usage_limit_reached',
        message: 'The usage limit has been reached',
        plan_type: 'plus',
        resets_at: nowMs / 1000 + 600,
        resets_in_seconds: 600,
      },
    })
    scenario.usageLimit = undefined
    expect((await post(acceptedBody)).status).toBe(200)
  })
})
