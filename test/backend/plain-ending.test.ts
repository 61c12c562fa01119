import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/index.js'
import { readPlainEnding } from '../../src/backend/plain-ending.js'

const usage = { input_tokens: 9, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 }
const response = { id: 'resp_1', status: 'completed', output: [], usage }

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

const completed = (members: object = {}) => event('response.completed', { response: { ...response, ...members } })
const added = (index: number) => event('response.output_item.added', { output_index: index, item: { id: 'new' } })
const done = (index: number, item: object) => event('response.output_item.done', { output_index: index, item })
const doneAsSent = (index: number, item: object) =>
  event('response.output_item.done', { item, output_index: index, sequence_number: 7 })
const message = { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'été {"output":[]} "usage":' }] }
const call = { id: 'fc_1', type: 'function_call', name: 'look', arguments: '{"a":{"b":1},"c":2}' }

function responseIn(text: string | undefined): JsonObject {
  const [, data = ''] = /\ndata: (.*)\n\n$/.exec(text ?? '') ?? []
  const last = JSON.parse(data) as { response: JsonObject }
  return last.response
}

describe('the end of an answer that is written as it nearly always is', () => {
  it('gets the items that were done, and tells the usage', () => {
    const kept = [added(0), done(0, message), added(1), doneAsSent(1, call)]
    const ending = readPlainEnding(completed(), kept)
    expect(responseIn(ending?.text)).toEqual({ ...response, output: [message, call] })
    expect(ending?.usage).toEqual(usage)
  })

  it('stays as it is where there are no items', () => {
    expect(readPlainEnding(completed(), [])?.text).toBe(completed())
  })

  it('is not misled by what looks like its members in its texts', () => {
    const instructions = 'Write "output":[] and "usage":{"input_tokens":1}'
    const ending = readPlainEnding(completed({ instructions }), [added(0), done(0, message)])
    expect(responseIn(ending?.text)).toEqual({ ...response, instructions, output: [message] })
    expect(ending?.usage).toEqual(usage)
  })
})

describe('an end that has to be read', () => {
  it.each([
    ['is not whole', event('response.incomplete', { response }), []],
    ['has failed', event('response.failed', { response }), []],
    ['has no status', completed({ status: undefined }), []],
    ['has another status', completed({ status: 'incomplete' }), []],
    ['repeats its items', completed({ output: [message] }), [added(0), done(0, message)]],
    ['has no place for items', completed({ output: undefined }), []],
    ['has two places for items', completed({ metadata: { output: [] } }), []],
    ['has no usage', completed({ usage: undefined }), []],
    ['has a usage that is none', completed({ usage: null }), []],
    ['has two usages', completed({ metadata: { usage: {} } }), []],
    ['has a name that ends like another', completed({ metadata: { 'the "usage': '1' } }), []],
    ['has a brace in a text of its usage', completed({ usage: { note: '}' } }), []],
    ['is written on several lines', completed().replace(',"response"', ',\ndata: "response"'), []],
    ['ends in nothing', completed().trimEnd(), []],
    ['has an item that was never done', completed(), [added(0), done(0, message), added(1)]],
    ['has an item that had never begun', completed(), [added(0), done(0, message), done(1, call)]],
    ['has items in another order', completed(), [added(1), done(1, message), added(0), done(0, message)]],
    ['has an item twice', completed(), [added(0), done(0, message), done(0, message)]],
    ['has an item without a place', completed(), [event('response.output_item.done', { item: message })]],
    ['has something beside an item', completed(), [added(0), done(0, message).replace(/\}\n/, ',"more":{}}\n')]],
    ['has an object within an item', completed(), [added(0), done(0, { action: { type: 'search' }, id: 'ws_1' })]],
  ] as [string, string, string[]][])('%s', (_why, last, kept) => {
    expect(readPlainEnding(last, kept)).toBeUndefined()
  })
})
