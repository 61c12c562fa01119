import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createOpenAIFetch } from '../../src/backend/openai-fetch.js'
import { signedIn } from '../support/signed-in.js'
import { base } from './openai-client.js'

const delta = 'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}\n\n'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** A backend that begins its answer and then thinks for ever. */
async function thinking() {
  const { session, clock } = await signedIn()
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(delta)),
    cancel: () => {
      isCancelled = true
    },
  })
  const fetch = createOpenAIFetch({ ...session, fetch: async () => new Response(body) }, { clock })
  const ask = async (path: string, init: RequestInit = {}) => {
    const asked = path === '/responses' ? { input: 'Hi' } : { messages: [{ role: 'user', content: 'Hi' }] }
    const sent = JSON.stringify({ model: 'gpt-5.5', stream: true, ...asked })
    const response = await fetch(`${base}${path}`, { method: 'POST', body: sent, ...init })
    expect(response.status).toBe(200)
    return response.body!.getReader()
  }
  return { ask, clock, isCancelled: () => isCancelled }
}

describe('a reader who leaves while the model thinks', () => {
  it.each([
    ['/responses', 1],
    ['/chat/completions', 2],
  ])('ends the request at once, and leaves no timer: %s', async (path, items) => {
    const { ask, clock, isCancelled } = await thinking()
    const reader = await ask(path)
    for (let read = 0; read < items; read += 1) await reader.read()
    const next = reader.read()
    await reader.cancel()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(isCancelled()).toBe(true)
    expect(clock.sleeping).toBe(0)
  })

  it('and aborts without reading on, leaves no timer either', async () => {
    const { ask, clock, isCancelled } = await thinking()
    const controller = new AbortController()
    const reader = await ask('/responses', { signal: controller.signal })
    await reader.read()
    collectGarbage()
    controller.abort()
    expect(isCancelled()).toBe(true)
    expect(clock.sleeping).toBe(0)
  })
})
