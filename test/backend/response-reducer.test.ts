import { describe, expect, it, vi } from 'vitest'
import {
  collectResponse,
  createResponseReducer,
  encodeEventStream,
  type ResponseEvent,
} from '../../src/backend/index.js'
import type { JsonObject } from '../../src/core/index.js'
import { caughtCode } from '../support/caught.js'

type Data = { type: string } & JsonObject

function reduce(...list: Data[]): JsonObject | undefined {
  const reducer = createResponseReducer()
  for (const data of list) reducer.add({ type: data.type, data })
  return reducer.result()
}

const completed: Data = { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [] } }
const added: Data = {
  type: 'response.output_item.added',
  output_index: 0,
  item: { id: 'msg_0', type: 'message', role: 'assistant', content: [] },
}
const delta: Data = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' }

describe('a reducer', () => {
  it('has no result before the last event', () => {
    expect(reduce(added, delta)).toBeUndefined()
  })

  it('leaves the events as they were', () => {
    const given = structuredClone([added, delta, delta, completed])
    reduce(...given)
    expect(given).toEqual([added, delta, delta, completed])
  })

  it('marks what was never done, and believes what was', () => {
    expect(reduce(added, delta, completed)).toMatchObject({
      output: [{ status: 'incomplete', content: [{ text: 'Hi' }] }],
    })
    const item = { id: 'msg_0', type: 'message', role: 'assistant', content: [], status: 'completed' }
    const done: Data = { type: 'response.output_item.done', output_index: 0, item }
    expect(reduce(added, delta, done, delta, completed)).toMatchObject({ output: [item] })
  })

  it('makes up no name for a call whose beginning was lost', () => {
    const lost: Data = { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{}' }
    expect(reduce(lost, completed)).toMatchObject({ output: [] })
  })

  it.each([1e9, -1, 0.5])('makes no list with holes for a part at %d', (content_index) => {
    const output = reduce(added, { ...delta, content_index }, completed)?.['output']
    expect(output).toMatchObject([{ content: [{ type: 'output_text', text: 'Hi' }] }])
  })

  it.each(['constructor', '__proto__', 'toString'])('takes no event for its own by the name of %s', (type) => {
    expect(reduce({ type, output_index: 0 }, { type })).toBeUndefined()
  })
})

describe('a collected response', () => {
  it('is none without its last event', async () => {
    async function* events(): AsyncGenerator<ResponseEvent> {
      yield { type: added.type, data: added }
    }
    expect(await caughtCode(collectResponse(events()))).toBe('ERR_UPSTREAM_STREAM_CUT')
  })
})

describe('a stream that is written again', () => {
  it('asks for an event when its reader asks for bytes, and ends the iteration when it is cancelled', async () => {
    const end = vi.fn<() => void>()
    let asked = 0
    async function* events(): AsyncGenerator<ResponseEvent> {
      try {
        for (;;) {
          asked += 1
          yield { type: delta.type, data: delta }
        }
      } finally {
        end()
      }
    }
    const reader = encodeEventStream(events()).getReader()
    expect(asked).toBe(0)
    await reader.read()
    await reader.read()
    expect(asked).toBe(2)
    await reader.cancel()
    expect(end).toHaveBeenCalledOnce()
  })
})
