import { describe, expect, it } from 'vitest'
import { readPlainItems } from '../../src/backend/plain-items.js'

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

const added = (index: number) => event('response.output_item.added', { output_index: index, item: { id: 'new' } })
const done = (index: number, item: object) => event('response.output_item.done', { output_index: index, item })
const doneAsSent = (index: number, item: object) =>
  event('response.output_item.done', { item, output_index: index, sequence_number: 7 })
const message = { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'été {"output":[]} }, "a":' }] }
const call = { id: 'fc_1', type: 'function_call', name: 'look', arguments: '{"a":{"b":1},"c":2}' }

describe('the items of an answer', () => {
  it('are what was written of them', () => {
    const items = readPlainItems([added(0), done(0, message), added(1), doneAsSent(1, call)])
    expect(items).toBe(`${JSON.stringify(message)},${JSON.stringify(call)}`)
  })

  it('are none where none have come', () => {
    expect(readPlainItems([])).toBe('')
  })

  it.each([
    ['was never done', [added(0), done(0, message), added(1)]],
    ['had never begun', [added(0), done(0, message), done(1, call)]],
    ['was done before another that began before it', [added(0), added(1), done(1, message), done(0, call)]],
    ['began after a later one', [added(1), done(1, message), added(0), done(0, message)]],
    ['was done twice', [added(0), done(0, message), done(0, message)]],
    ['has no place', [event('response.output_item.done', { item: message })]],
    ['has something beside it', [added(0), done(0, message).replace(/\}\n/, ',"more":{}}\n')]],
    ['has something beside it after a blank', [added(0), done(0, message).replace(/\}\n/, ' ,\t"more":{}}\n')]],
    ['has an object within it, and more behind', [added(0), done(0, { action: { type: 'search' }, id: 'ws_1' })]],
    ['is written on several lines', [added(0), done(0, message).replace(',"item"', ',\ndata: "item"')]],
    ['is another event by its data', [added(0), done(0, message).replace('"response.output_item.done"', '"other"')]],
    ['is cut', [added(0), done(0, message).slice(0, -5)]],
  ] as [string, string[]][])('have to be read when one of them %s', (_why, events) => {
    expect(readPlainItems(events)).toBeUndefined()
  })
})
