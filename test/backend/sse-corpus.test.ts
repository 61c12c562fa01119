import { describe, expect, it } from 'vitest'
import {
  collectResponse,
  encodeChatStream,
  encodeEventStream,
  readEventStream,
  readResponseEvents,
  toChatCompletion,
  toChatCompletionChunks,
  tokenUsage,
} from '../../src/backend/index.js'
import { isJsonObject, readObject, readString, type JsonObject, type JsonValue } from '../../src/core/index.js'
import { caughtAuthError } from '../support/caught.js'
import { toArray } from '../support/to-array.js'
import {
  answers,
  bytewise,
  failures,
  recordings,
  responseOf,
  type ExpectedAnswer,
  type ExpectedCall,
} from './sse-corpus.js'

const objects = (list: JsonValue | undefined): JsonObject[] => (Array.isArray(list) ? list.filter(isJsonObject) : [])
const itemsOf = (response: JsonObject, type: string) =>
  objects(response['output']).filter((item) => item['type'] === type)

/** What a collected response says, in the words of the corpus. */
function summarise(response: JsonObject) {
  const parts = itemsOf(response, 'message').flatMap((item) => objects(item['content']))
  const usage = tokenUsage({ type: 'response.completed', data: { response } }) ?? {}
  return {
    status: response['status'],
    text: parts.map((part) => readString(part, 'text') ?? '').join(''),
    refusal: parts.map((part) => readString(part, 'refusal') ?? '').join(''),
    tools: objects(response['output']).flatMap(readCall),
    usage: {
      input: usage.inputTokens,
      cached: usage.cachedInputTokens,
      output: usage.outputTokens,
      reasoning: usage.reasoningTokens,
    },
    reasoning: itemsOf(response, 'reasoning')
      .flatMap((item) => objects(item['summary']).map((part) => readString(part, 'text')))
      .join('\n'),
    encrypted: readString(itemsOf(response, 'reasoning')[0], 'encrypted_content'),
    images: itemsOf(response, 'image_generation_call').map((item) => readString(item, 'result')),
    annotations: parts.flatMap((part) => objects(part['annotations'])).length,
  }
}

function readCall(item: JsonObject): ExpectedCall[] {
  const isFunction = item['type'] === 'function_call'
  if ((!isFunction && item['type'] !== 'custom_tool_call') || item['status'] === 'incomplete') return []
  const type = isFunction ? 'function' : 'custom'
  const input = readString(item, isFunction ? 'arguments' : 'input') ?? ''
  return [{ type, id: readString(item, 'call_id') ?? '', name: readString(item, 'name') ?? '', input }]
}

const complete = (expected: ExpectedAnswer) => ({
  status: expected.status,
  text: expected.text,
  tools: expected.tools,
  refusal: expected.refusal ?? '',
  reasoning: expected.reasoning ?? '',
  encrypted: expected.encrypted,
  images: expected.images ?? [],
  annotations: expected.annotations ?? 0,
  usage: { input: undefined, cached: undefined, output: undefined, reasoning: undefined, ...expected.usage },
})

/** What a completion says, whole or put together of its chunks. */
function summariseChat(message: JsonObject | undefined, finish: JsonValue | undefined, usage: JsonObject | undefined) {
  const prompt = readObject(usage, 'prompt_tokens_details')
  const completion = readObject(usage, 'completion_tokens_details')
  return {
    text: readString(message, 'content') ?? '',
    refusal: readString(message, 'refusal') ?? '',
    tools: objects(message?.['tool_calls']).map((call) => {
      const type = call['type'] === 'custom' ? 'custom' : 'function'
      const given = readObject(call, type)
      const input = readString(given, type === 'custom' ? 'input' : 'arguments')
      return { type, id: call['id'], name: readString(given, 'name'), input }
    }),
    finish,
    usage: {
      input: usage?.['prompt_tokens'],
      cached: prompt?.['cached_tokens'],
      output: usage?.['completion_tokens'],
      reasoning: completion?.['reasoning_tokens'],
    },
  }
}

function completeChat(expected: ExpectedAnswer) {
  const { text, refusal, tools, usage } = complete(expected)
  return { text, refusal, tools, usage, finish: expected.finish ?? (tools.length > 0 ? 'tool_calls' : 'stop') }
}

/** Puts chunks together as a client does; a call whose arguments are no JSON at the end is none, as for every client. */
function joinChunks(chunks: JsonObject[]) {
  const calls: JsonObject[] = []
  const message: JsonObject = { content: '', refusal: '' }
  let finish: JsonValue | undefined
  for (const choice of chunks.flatMap((chunk) => objects(chunk['choices']))) {
    const delta = readObject(choice, 'delta')
    for (const member of ['content', 'refusal'])
      message[member] = `${readString(message, member)}${readString(delta, member) ?? ''}`
    for (const call of objects(delta?.['tool_calls'])) joinCall(calls, call)
    finish = choice['finish_reason'] ?? finish
  }
  const tool_calls = calls.filter((call) => call['type'] === 'custom' || isJson(readObject(call, 'function')))
  const usage = chunks.map((chunk) => readObject(chunk, 'usage')).findLast((counts) => counts !== undefined)
  return summariseChat({ ...message, tool_calls }, finish, usage)
}

function joinCall(calls: JsonObject[], { index, ...call }: JsonObject): void {
  const at = Number(index)
  const known = calls[at]
  if (!known) {
    calls[at] = structuredClone(call)
    return
  }
  const type = known['type'] === 'custom' ? 'custom' : 'function'
  const member = type === 'custom' ? 'input' : 'arguments'
  const given = readObject(known, type) ?? {}
  given[member] = `${readString(given, member)}${readString(readObject(call, type), member)}`
}

function isJson(given: JsonObject | undefined): boolean {
  try {
    JSON.parse(readString(given, 'arguments') ?? '')
    return true
  } catch {
    return false
  }
}

describe('the corpus of streams', () => {
  it('has at least forty of them, and many that fail', () => {
    expect(recordings.length).toBeGreaterThanOrEqual(40)
    expect(failures.length).toBeGreaterThanOrEqual(20)
  })

  it.each(answers)('says what it says when it is collected: $name', async ({ bytes, expected }) => {
    const response = await collectResponse(readResponseEvents(responseOf(bytes)))
    expect(summarise(response)).toEqual(complete(expected))
  })

  it.each(answers)('says the same as a completion: $name', async ({ bytes, expected }) => {
    const completion = toChatCompletion(await collectResponse(readResponseEvents(responseOf(bytes))))
    const [choice] = objects(completion['choices'])
    const summary = summariseChat(
      readObject(choice, 'message'),
      choice?.['finish_reason'],
      readObject(completion, 'usage'),
    )
    expect(summary).toEqual(completeChat(expected))
  })

  it.each(answers.filter(({ expected }) => !expected.order))(
    'says the same in chunks, whichever way it is cut in pieces: $name',
    async ({ bytes, expected }) => {
      for (const pieces of [[bytes], bytewise(bytes)]) {
        const chunks = toChatCompletionChunks(readResponseEvents(responseOf(...pieces)), { includeUsage: true })
        expect(joinChunks(await toArray(chunks))).toEqual(completeChat(expected))
      }
    },
  )

  it.each(answers)('says the same after it was written again: $name', async ({ bytes, expected }) => {
    const again = new Response(encodeEventStream(readResponseEvents(responseOf(bytes))))
    expect(summarise(await collectResponse(readResponseEvents(again)))).toEqual(complete(expected))
  })

  it.each(failures)('fails in every way of reading it: $name', async ({ bytes, expected }) => {
    const events = () => readResponseEvents(responseOf(bytes))
    const ways = [
      () => toArray(events()),
      () => collectResponse(events()),
      () => toArray(toChatCompletionChunks(events())),
      () => new Response(encodeEventStream(events())).text(),
      () => new Response(encodeChatStream(toChatCompletionChunks(events()))).text(),
      () => collectResponse(readResponseEvents(responseOf(...bytewise(bytes)))),
    ]
    for (const read of ways) {
      const error = await caughtAuthError(read())
      expect(error.code).toBe(expected.error)
      expect(error.message).toContain(expected.message ?? '')
    }
  })
})

describe('the chunks of Chat Completions', () => {
  it('are written as a stream that ends with a marker', async () => {
    const text = answers.find(({ name }) => name === 'text')
    const chunks = toChatCompletionChunks(readResponseEvents(responseOf(text?.bytes ?? new Uint8Array())))
    const events = await toArray(readEventStream(encodeChatStream(chunks)))
    expect(events.at(-1)?.data).toBe('[DONE]')
    expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }],
    })
  })
})
