import { describe, expect, it } from 'vitest'
import { normaliseRequest, type NormaliseContext } from '../../src/backend/normalise-request.js'
import { caughtAuthError, caughtCode } from '../support/caught.js'

const user = { type: 'message', role: 'user', content: 'Hello' }
const system = (text: string, role = 'system') => ({ type: 'message', role, content: text })

function withoutId(item: object) {
  const { id: _, ...rest } = item as { id?: string }
  return rest
}

async function normalise(input: unknown, context?: NormaliseContext, more: object = {}) {
  const { body, report } = await normaliseRequest({ model: 'm', instructions: 'Base.', input, ...more }, context)
  const pathsOf = (findings: typeof report.dropped) => findings.map(({ path }) => path)
  const { input: items, instructions } = body
  return { input: items, instructions, dropped: pathsOf(report.dropped), changed: pathsOf(report.changed) }
}

describe('input', () => {
  it('that is text becomes a message of the user', async () => {
    expect(await normalise('Hello')).toMatchObject({
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      changed: ['input'],
    })
  })

  it('keeps its order, and everything in it that is not named here', async () => {
    const items = [
      { role: 'user', content: [{ type: 'input_text', text: 'a', prompt_cache_breakpoint: {} }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"id":"rs_1"}', status: 'completed' },
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'data:x' }] },
      { type: 'something_new', anything: { id: 'rs_1' } },
    ]
    expect(await normalise(items)).toMatchObject({ input: items, dropped: [], changed: [] })
  })

  it.each([
    { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'high' },
    { type: 'input_image', file_id: 'file_1' },
    { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    { type: 'unheard_of', id: 'rs_1' },
  ])('keeps the part %j', async (part) => {
    const items = [{ type: 'message', role: 'user', content: [part] }]
    expect((await normalise(items)).input).toEqual(items)
  })
})

describe('system messages', () => {
  it('at the start join the instructions, in order', async () => {
    const parts = {
      role: 'developer',
      content: [
        { type: 'input_text', text: 'Two' },
        { type: 'text', text: 'Three' },
      ],
    }
    expect(await normalise([system('One'), parts, user])).toMatchObject({
      instructions: 'Base.\n\nOne\n\nTwo\nThree',
      input: [user],
      changed: ['input[0]', 'input[1]'],
    })
  })

  it('later on become developer messages', async () => {
    expect(await normalise([user, system('Later'), system('Fine', 'developer')])).toMatchObject({
      instructions: 'Base.',
      input: [user, system('Later', 'developer'), system('Fine', 'developer')],
      changed: ['input[1].role'],
    })
  })

  it('that hold more than text stay where they are', async () => {
    const image = { role: 'system', content: [{ type: 'input_image', image_url: 'data:x' }] }
    expect((await normalise([image, user])).input).toEqual([{ ...image, role: 'developer' }, user])
  })

  it('stay in the input when there would be nothing left of it', async () => {
    expect(await normalise([system('One'), system('Two')])).toMatchObject({
      instructions: 'Base.\n\nOne',
      input: [system('Two', 'developer')],
    })
  })

  it('are instructions enough', async () => {
    expect(await normalise([system('One'), user], {}, { instructions: undefined })).toMatchObject({
      instructions: 'One',
      changed: ['input[0]'],
    })
  })
})

describe('history', () => {
  const reasoning = { type: 'reasoning', encrypted_content: 'blob', summary: [] }

  it('loses the ids that the backend gave, and nothing else', async () => {
    const items = [
      user,
      { ...reasoning, id: 'rs_1' },
      { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '' },
      { type: 'message', role: 'assistant', id: 'msg_1', content: [] },
      { type: 'compaction', id: 'cmp_1', encrypted_content: 'blob' },
    ]
    expect(await normalise(items)).toMatchObject({
      input: items.map(withoutId),
      dropped: ['input[1].id', 'input[2].id', 'input[3].id', 'input[4].id'],
    })
  })

  it('keeps encrypted reasoning as it is, and adds the summary it must have', async () => {
    const { summary: _, ...bare } = reasoning
    expect(await normalise([user, bare])).toMatchObject({ input: [user, reasoning], changed: ['input[1].summary'] })
  })

  it('loses what is known by an id alone', async () => {
    const items = [
      { type: 'item_reference', id: 'msg_1' },
      { id: 'rs_1' },
      { type: 'reasoning', id: 'rs_2', summary: [{ type: 'summary_text', text: 'x' }] },
      { type: 'reasoning', id: 'rs_3', encrypted_content: null, summary: [] },
      user,
    ]
    expect(await normalise(items)).toMatchObject({
      input: [user],
      dropped: ['input[0]', 'input[1]', 'input[2]', 'input[3]'],
    })
  })

  it('loses the sealed items of another account whole', async () => {
    const own = { ...reasoning, encrypted_content: 'own' }
    const items = [user, reasoning, own, { type: 'compaction', encrypted_content: 'blob' }]
    const isForeignReasoning = (blob: string) => blob === 'blob'
    expect(await normalise(items, { isForeignReasoning })).toMatchObject({
      input: [user, own],
      dropped: ['input[1]', 'input[3]'],
    })
  })

  it('is refused when it answers a call that is only referred to', async () => {
    const items = [
      { type: 'item_reference', id: 'fc_1' },
      { type: 'function_call_output', call_id: 'c', output: '' },
    ]
    expect(await caughtAuthError(normalise(items))).toMatchObject({
      code: 'ERR_UPSTREAM_UNSUPPORTED_FIELD',
      field: 'input[1]',
    })
  })

  it('with a call that has no answer, or the other way round, is the caller’s own affair', async () => {
    const items = [
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '' },
      { type: 'function_call_output', call_id: 'b', output: '' },
    ]
    expect((await normalise(items)).input).toEqual(items)
    expect(await normalise([{ type: 'reasoning', summary: [] }, ...items])).toMatchObject({ input: items })
  })

  it('has the same short id for a call and its answer', async () => {
    const callId = `call_${'x'.repeat(64)}`
    const { input, changed } = await normalise([
      { type: 'custom_tool_call', call_id: callId, name: 'f', input: '' },
      { type: 'custom_tool_call_output', call_id: callId, output: '' },
    ])
    const ids = (input as { call_id: string }[]).map((item) => item.call_id)
    expect(ids[0]).toMatch(/^call_[\da-f]{48}$/)
    expect(ids[1]).toBe(ids[0])
    expect(changed).toEqual(['input[0].call_id', 'input[1].call_id'])
  })

  it.each([[[1]], [[null]], [['x']], [[[]]], [[{}]], [[{ type: '' }]]])('that holds %j is refused', async (input) => {
    expect(await caughtCode(normalise(input))).toBe('ERR_UPSTREAM_BAD_REQUEST')
  })
})
